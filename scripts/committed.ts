/** The labs and the practice of this repository. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readLab } from '../src/lab/reader.ts';
import { labFilesBelow, labNameOf } from '../src/suite/lab-files.ts';
import { readPractice } from '../src/verdict/practice.ts';
import type { NamedLab, NamedPractice } from './labs-page.ts';

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
    readdirSync(path(join('practice', stack))).map((file) => ({
      name: `${stack === 'kernel' ? 'Linux' : `${stack} on Linux`} ${basename(file, '.yaml')}`,
      practice: readPractice(readFileSync(path(join('practice', stack, file)), 'utf8')),
    })),
  );
