/** Clients and stacks that are compiled: made on this machine once, kept below the cache folder under a digest of what they are made of. */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import type { PlannedBuild } from '../plan/plan.ts';
import { cacheFolder } from '../sys/cache.ts';

/** The compiler refuses: said with its last words. */
export class ClientNotBuilt extends Error {}

const building = new Map<string, Promise<string>>();

/**
 * The folder of each by its name; made where it is not there.
 *
 * @param sources the folder of the sources
 * @throws ClientNotBuilt
 */
export const builtClients = async (
  builds: PlannedBuild[],
  sources: string,
): Promise<Record<string, string>> => {
  const folders: Record<string, string> = {};
  // One after the other: a compiler keeps every processor busy by itself.
  for (const build of builds) {
    const made = building.get(build.name) ?? makeClient(build, sources);
    building.set(build.name, made);
    folders[build.name] = await made;
  }
  return folders;
};

const makeClient = async ({ name, sources, command, version }: PlannedBuild, from: string) => {
  const files = sources.map((source) => join(from, source));
  const compiler = await execa(version[0]!, version.slice(1), { reject: false, all: true, stdin: 'ignore' });
  const digest = createHash('sha256')
    .update(JSON.stringify([...files.map((file) => readFileSync(file, 'utf8')), command, compiler.all ?? '']))
    .digest('hex')
    .slice(0, 16);
  const parent = join(cacheFolder(), 'clients');
  const kept = join(parent, `${name}-${digest}`);
  if (existsSync(kept)) return kept;
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(`${kept}.building-`);
  try {
    for (const file of files) copyFileSync(file, join(folder, basename(file)));
    const { failed, all, originalMessage } = await execa(command[0]!, command.slice(1), {
      cwd: folder,
      reject: false,
      all: true,
      stdin: 'ignore',
    });
    if (failed)
      throw new ClientNotBuilt(
        `${name} cannot be built: ${all?.trim().split('\n').at(-1) || originalMessage}`,
      );
    await execa('chmod', ['-R', 'a+rX', folder]);
    keep(folder, kept);
    return kept;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Another run may have been faster: what it made is the same. */
const keep = (folder: string, kept: string): void => {
  try {
    renameSync(folder, kept);
  } catch (error) {
    if (!existsSync(kept)) throw error;
  }
};
