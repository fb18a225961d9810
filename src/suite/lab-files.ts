import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';

const isLabFile = (path: string): boolean => /\.ya?ml$/.test(path);

/** Every lab file below a folder, in the order of their names; none where there is no such folder. */
export const labFilesBelow = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter(isLabFile)
        .map((path) => join(folder, path))
        .toSorted()
    : [];

/**
 * The lab files that a word of the command line stands for: a file, a folder of them, or the name of a lab
 * as reports show it. None where it stands for nothing.
 */
export function labFilesOf(word: string): string[] {
  const candidates = [word, `${word}.yaml`, join('labs', word), join('labs', `${word}.yaml`)];
  const path = candidates.find((candidate) => existsSync(candidate));
  if (path === undefined) return [];
  return statSync(path).isDirectory() ? labFilesBelow(path) : [path];
}

/** The name of a lab: its path below the nearest folder called labs, else below the working directory, without its suffix. */
export function labNameOf(file: string): string {
  const steps = resolve(file).split(sep);
  const labs = steps.lastIndexOf('labs', steps.length - 2);
  const below = labs >= 0 ? steps.slice(labs + 1).join('/') : relative('.', file).replaceAll('../', '');
  return below.replace(/\.ya?ml$/, '');
}
