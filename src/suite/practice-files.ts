/** practice/<stack>/<kernel>.yaml: which file holds for the running kernel, read and written. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import { type Practice, practiceFileFor, readPractice, writePractice } from '../verdict/practice.ts';

const FOLDER = 'practice';

/** What is recorded for a stack: on this kernel, else on the nearest older one, else on the nearest. */
export const practiceOf = (stack: string): Practice => {
  const folder = join(FOLDER, stack);
  const found = practiceFileFor(release(), existsSync(folder) ? readdirSync(folder) : []);
  return found ? readPractice(readFileSync(join(folder, found.file), 'utf8')) : {};
};

/** Writes what is recorded for a stack on this kernel; returns the file. */
export const keepPractice = (stack: string, practice: Practice): string => {
  const [kernel] = /^\d+\.\d+/.exec(release())!;
  const file = join(FOLDER, stack, `${kernel}.yaml`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, writePractice(practice));
  return file;
};
