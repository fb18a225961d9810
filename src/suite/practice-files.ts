/** practice/<stack>/<kernel>.yaml: which file holds for a kernel, read and written. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Practice, practiceFileFor, readPractice, writePractice } from '../verdict/practice.ts';
import type { Product } from '../verdict/verdict.ts';

const folder = 'practice';

/** What is recorded for a stack, lab by lab: on a kernel, else on the nearest older one, else on the nearest. */
export interface StackPractice {
  practice: Practice;
  /** What of it is recorded on this very kernel. */
  own: Practice;
  /** Undefined where nothing is recorded at all. */
  file?: string;
  /** Whether it is that kernel's own. */
  exact: boolean;
}

/** @throws an Error that names the file, where it is no practice */
export function readPracticeOf(stack: string, release: string): StackPractice {
  const ofStack = join(folder, stack);
  const files = nearestFirst(release, existsSync(ofStack) ? readdirSync(ofStack) : []);
  const [nearest] = files;
  if (!nearest) return { practice: {}, own: {}, exact: false };
  const read = files.map(({ file }) => readFile(join(ofStack, file)));
  return {
    // A kernel on which few labs were measured is no reason to know nothing of the others.
    practice: Object.assign({}, ...read.toReversed()) as Practice,
    own: nearest.exact ? read[0]! : {},
    file: join(ofStack, nearest.file),
    exact: nearest.exact,
  };
}

const nearestFirst = (release: string, files: string[]): { file: string; exact: boolean }[] => {
  const nearest = practiceFileFor(release, files);
  if (!nearest) return [];
  return [
    nearest,
    ...nearestFirst(
      release,
      files.filter((file) => file !== nearest.file),
    ),
  ];
};

function readFile(file: string): Practice {
  try {
    return readPractice(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} is no practice: ${(error as Error).message}`);
  }
}

/** Writes what is recorded for a stack on a kernel, headed by what was measured; returns the file. */
export function keepPractice(
  stack: string,
  release: string,
  practice: Practice,
  product: Product | undefined,
): string {
  const [kernel] = /^\d+\.\d+/.exec(release)!;
  const file = join(folder, stack, `${kernel}.yaml`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${heading(product)}${writePractice(practice)}`);
  return file;
}

/** Nothing of it is compared: another version is compared with what this one did. */
const heading = (product: Product | undefined): string =>
  product?.userLand
    ? [
        `# ${product.manager ?? 'kernel'}`,
        `# resolver ${product.resolver}`,
        `# user land ${product.userLand.name}, digest ${product.userLand.digest}`,
        '',
      ].join('\n')
    : '';

/** What the head of a practice file says of the manager that was measured; undefined outside of user lands. */
export const managerIn = (text: string): string | undefined => /^# (.+)\n# resolver /.exec(text)?.[1];
