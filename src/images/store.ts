/**
 * The built user lands, below the user's cache folder: images/NAME/root is the file system, owned by the ids that a
 * lab has, and images/NAME/image.json says what it is.
 */
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../sys/cache.ts';
import { idMapping, mappedRoot } from '../sys/user-ids.ts';
import { runMapped } from './mapped.ts';

export interface Image {
  format: 1;
  name: string;
  description: string;
  /** ISO 8601. */
  built: string;
  /** sha256 over the names, kinds, modes and contents of all files: the same for every id mapping. */
  digest: string;
  /** sha256 over names, modes, sizes and times: cheap to compare. */
  stamp: string;
  /** Whose ids own its files. */
  ids: string;
  /** Versions of its Debian packages. */
  packages: Record<string, string>;
}

export const imageFolder = (name = ''): string => join(cacheFolder(), 'images', name);
export const rootFolder = (name: string): string => join(imageFolder(name), 'root');

/** Of the ids that the files of an image must belong to, for the one who runs miflab. */
export const currentIds = (): string => `${idMapping()} from ${mappedRoot().uid}`;

export const readImage = (name: string): Image | undefined => {
  const file = join(imageFolder(name), 'image.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Image) : undefined;
};

export const writeImage = (folder: string, image: Image): void =>
  writeFileSync(join(folder, 'image.json'), `${JSON.stringify(image, null, 2)}\n`);

/** In the order of their names. */
export const builtImages = (): Image[] =>
  (existsSync(imageFolder()) ? readdirSync(imageFolder()) : [])
    .toSorted()
    .flatMap((name) => readImage(name) ?? []);

/** Why an image cannot serve; undefined where it can. */
export const unusable = async (name: string): Promise<string | undefined> => {
  const image = readImage(name);
  if (!image) return `the user land ${name} is not built`;
  if (image.ids !== currentIds()) return `the user land ${name} belongs to other ids (${image.ids})`;
  if (image.stamp !== (await stampOf(rootFolder(name))))
    return `the user land ${name} is not as it was built: something has changed its files`;
  return undefined;
};

const PROGRAM_FOLDERS = [
  'usr/local/sbin',
  'usr/local/bin',
  'usr/sbin',
  'usr/bin',
  'sbin',
  'bin',
  'usr/lib/systemd',
  // Debian 11's /lib is no link to that of /usr.
  'lib/systemd',
];

/** Links are not followed: within the image they lead elsewhere than here. */
export const imageHasProgram = (name: string, program: string): boolean =>
  (program.startsWith('/') ? [program] : PROGRAM_FOLDERS.map((folder) => join(folder, program))).some(
    (path) => lstatSync(join(rootFolder(name), path), { throwIfNoEntry: false }) !== undefined,
  );

export const removeImage = async (name: string): Promise<void> => removeFolder(imageFolder(name));

/** Its files belong to ids of the lab: only the root of that mapping may remove them, and the rest is ours. */
export const removeFolder = async (folder: string): Promise<void> => {
  const root = join(folder, 'root');
  if (existsSync(root)) await runMapped(['find', root, '-xdev', '-mindepth', '1', '-delete']);
  rmSync(folder, { recursive: true, force: true });
};

export const stampOf = (root: string): Promise<string> => sha256Of(LISTING, root);
export const digestOf = (root: string): Promise<string> => sha256Of(CONTENTS, root);

/** Constants; what varies is the folder. Times and owners differ between two builds of the same, and are left out of the digest. */
const LISTING = `cd "$0" && find . -printf '%P %y %m %s %T@ %l\\n' | LC_ALL=C sort | sha256sum`;
const CONTENTS = `cd "$0" && {
  find . -printf '%P %y %m %l\\n' | LC_ALL=C sort
  find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
} | sha256sum`;

const sha256Of = async (script: string, root: string): Promise<string> =>
  (await runMapped(['/bin/sh', '-c', script, root])).slice(0, 64);
