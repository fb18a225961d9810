/**
 * What guests of a kernel boot with, for labs whose host is such a guest: made once and kept below the cache folder under
 * a digest of its content, from where each lab's sandbox shows it.
 */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../sys/cache.ts';
import { type GuestFiles, moduleFile, PROGRAMS } from './guest-files.ts';
import type { Module } from './modules.ts';

/** The folder: init and modprobe, the other files, and modules/ in the order of loading. */
export const keepBootFiles = async (
  files: GuestFiles & { modprobe: string },
  modules: Module[],
): Promise<string> => {
  const all = [
    ...Object.entries(files),
    ...modules.map(({ name, content }, index) => [`modules/${moduleFile(name, index)}`, content] as const),
  ];
  const digest = createHash('sha256');
  for (const [path, content] of all) digest.update(`${path} ${content.length}\n`).update(content);
  const parent = join(cacheFolder(), 'guests');
  const kept = join(parent, digest.digest('hex').slice(0, 16));
  if (existsSync(kept)) return kept;
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(`${kept}.making-`);
  try {
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, 'modules'));
    for (const [path, content] of all) writeFileSync(join(folder, path), content);
    for (const program of PROGRAMS) chmodSync(join(folder, program), 0o755);
    renameSync(folder, kept);
  } catch (error) {
    // Another miflab may have been faster: what it made is the same.
    if (!existsSync(kept)) throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return kept;
};
