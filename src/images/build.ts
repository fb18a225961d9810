/** Makes a user land: mmdebstrap's archive, unpacked with the ids that a lab has. */
import { chownSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { idMapping, mappedRoot } from '../sys/user-ids.ts';
import { debianMirror } from './debian-mirror.ts';
import type { Definition } from './definition.ts';
import { runMapped } from './mapped.ts';
import {
  currentIds,
  digestOf,
  type Image,
  imageFolder,
  removeFolder,
  removeImage,
  stampOf,
  writeImage,
} from './store.ts';

export interface BuildOptions {
  /** Gets what mmdebstrap says. */
  onLine: (line: string) => void;
  /** Whether a signed index of packages may be older than it says it is good for: of a mirror that lags behind. */
  allowExpired: boolean;
}

/**
 * Builds an image and puts it in the place of the one there was.
 *
 * @throws an Error with what mmdebstrap said last
 */
export const buildImage = async (
  name: string,
  definition: Definition,
  options: BuildOptions,
): Promise<Image> => {
  const folder = imageFolder(`${name}.building-${process.pid}`);
  const root = join(folder, 'root');
  mkdirSync(root, { recursive: true, mode: 0o755 });
  const { uid, gid } = mappedRoot();
  chownSync(root, uid, gid);
  try {
    await unpackDebian(definition, root, options);
    const image: Image = {
      format: 1,
      name,
      description: definition.description,
      built: new Date().toISOString(),
      digest: await digestOf(root),
      stamp: await stampOf(root),
      ids: currentIds(),
      packages: packagesOf(readFileSync(join(root, 'var/lib/dpkg/status'), 'utf8')),
    };
    writeImage(folder, image);
    await removeImage(name);
    renameSync(folder, imageFolder(name));
    return image;
  } catch (error) {
    await removeFolder(folder);
    throw error;
  }
};

/** No use within a host: what differs from build to build, and device nodes, of which each host gets its own. */
const LEFT_OUT = [
  '/dev/*',
  '/var/log/*',
  '/var/cache/*',
  '/var/lib/apt/*',
  '/etc/machine-id',
  '/etc/resolv.conf',
  '/etc/hostname',
];
const UNREAD = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*', '/usr/share/info/*'];

const unpackDebian = async (
  { debian, packages, without }: Definition,
  root: string,
  { onLine, allowExpired }: BuildOptions,
): Promise<void> => {
  const mirror = await debianMirror();
  const made = execa(
    'mmdebstrap',
    [
      '--variant=minbase',
      '--format=tar',
      '--aptopt=APT::Install-Recommends "false"',
      ...UNREAD.map((path) => `--dpkgopt=path-exclude=${path}`),
      ...(allowExpired ? ['--aptopt=Acquire::Check-Valid-Until "false"'] : []),
      `--include=${packages.join(',')}`,
      debian,
      '-',
      ...(mirror ? [mirror] : []),
    ],
    { stdin: 'ignore', buffer: false, reject: false },
  );
  let complaint = '';
  createInterface({ input: made.stderr }).on('line', (line) => {
    if (line.startsWith('E: ')) complaint ||= line.slice('E: '.length);
    onLine(line);
  });
  const unpacked = runMapped(
    [
      'tar',
      '--extract',
      '--preserve-permissions',
      idMapping() === 'range' ? '--numeric-owner' : '--no-same-owner',
      ...[...LEFT_OUT, ...without].map((path) => `--exclude=.${path}`),
      '--directory',
      root,
    ],
    made.stdout,
  );
  // Where mmdebstrap fails, tar does too, and knows less.
  const [{ exitCode, originalMessage }, tar] = await Promise.all([
    made,
    unpacked.then(() => undefined, String),
  ]);
  if (exitCode !== 0) throw new Error(complaint || originalMessage || `mmdebstrap ended with ${exitCode}`);
  if (tar) throw new Error(tar);
};

/** Versions by package, from dpkg's status file. */
export const packagesOf = (status: string): Record<string, string> =>
  Object.fromEntries(
    status.split('\n\n').flatMap((paragraph) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(paragraph)?.[1];
      const [name, version] = [field('Package'), field('Version')];
      return name && version && field('Status')?.endsWith(' installed') ? [[name, version]] : [];
    }),
  );
