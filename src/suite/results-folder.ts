/** The folder of results: one folder per run of a suite, `last` for the latest, and how long labs took. */
import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { SuiteResults } from './results.ts';

/** Makes the folder of a suite that starts now: results/2026-01-31T12-00-00. */
export function makeSuiteFolder(output: string, now = new Date()): string {
  makeFolders(resolve(output));
  const time = now.toISOString().slice(0, 19).replaceAll(':', '-');
  for (let number = 1; ; number++) {
    const folder = join(output, number === 1 ? time : `${time}-${number}`);
    try {
      mkdirSync(folder);
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** Node's own recursive mkdir asks for ever where a folder that is there says ENOENT to a new one, as /proc does. */
function makeFolders(folder: string): void {
  if (existsSync(folder)) return;
  makeFolders(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another run has made it meanwhile.
    if (!existsSync(folder)) throw error;
  }
}

/** Writes results.json, lets `last` lead to it, and remembers how long each run took. */
export function keepResults(output: string, results: SuiteResults): void {
  writeJson(join(results.folder, 'results.json'), results);
  replaceLink(join(output, 'last'), basename(results.folder));
  writeJson(join(output, 'times.json'), { ...readDurations(output), ...durationsOf(results) });
}

/** The results in the folder of a suite; undefined where there are none. @throws where the file is no JSON */
export function readResults(folder: string): SuiteResults | undefined {
  return readJson(join(folder, 'results.json'));
}

/** Milliseconds by run id, of earlier suites; none where they cannot be read: they only order the runs. */
export function readDurations(output: string): Record<string, number> {
  try {
    return readJson(join(output, 'times.json')) ?? {};
  } catch {
    return {};
  }
}

const durationsOf = ({ runs }: SuiteResults): Record<string, number> =>
  Object.fromEntries(
    runs.map(({ id, attempts, decisive }) => [id, Math.round(attempts[decisive]!.result.timing.total)]),
  );

const readJson = <T>(file: string): T | undefined =>
  existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : undefined;

/** Readers see the file before or after, never half of it. */
function writeJson(file: string, data: unknown): void {
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, `${JSON.stringify(data, null, 2)}\n`);
  renameSync(unfinished, file);
}

function replaceLink(link: string, target: string): void {
  const unfinished = `${link}.${process.pid}`;
  symlinkSync(target, unfinished);
  renameSync(unfinished, link);
}
