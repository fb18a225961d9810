/** The labs and the practice of this repository. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readDefinitions } from '../src/images/definition.ts';
import { readLab } from '../src/lab/reader.ts';
import { stacks } from '../src/stacks/index.ts';
import { labFilesBelow, labNameOf } from '../src/suite/lab-files.ts';
import { managerIn } from '../src/suite/practice-files.ts';
import { readPractice } from '../src/verdict/practice.ts';
import type { NamedLab, NamedPractice } from './labs-page.ts';
import { matrixPage } from './matrix-page.ts';

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** In the order of their names; throws what is wrong with the first that is no lab. */
export const committedLabs = (): NamedLab[] =>
  labFilesBelow(path('labs')).map((file) => {
    const { lab, diagnostics } = readLab(readFileSync(file, 'utf8'), file);
    if (!lab) throw new Error(`${file}: ${diagnostics[0]?.message}`);
    return { name: labNameOf(file), lab: lab.lab };
  });

/** A file per stack and kernel: practice/kernel/6.18.yaml is Linux 6.18. */
export const committedPractice = (): NamedPractice[] =>
  readdirSync(path('practice')).flatMap((stack) =>
    readdirSync(path(join('practice', stack))).map((file) => {
      const text = readFileSync(path(join('practice', stack, file)), 'utf8');
      const kernel = basename(file, '.yaml');
      return {
        stack,
        kernel,
        manager: managerIn(text),
        practice: readPractice(text),
      };
    }),
  );

/** The labs that `make matrix` compares, in the order of their list. */
export const comparedLabs = (): string[] =>
  readFileSync(path('labs/compared.txt'), 'utf8').replaceAll(/#.*/g, '').split(/\s+/).filter(Boolean);

/** Of the stacks themselves, without variants, in the user lands that images/user-lands.yaml defines. */
export const committedMatrix = (labs: NamedLab[], practices: NamedPractice[]): string => {
  const columns = stacks.filter(({ name, foreign }) => !name.includes('+') && !foreign);
  return matrixPage(
    comparedLabs(),
    labs,
    practices,
    columns.map(({ name }) => name),
    Object.keys(readDefinitions()),
  );
};
