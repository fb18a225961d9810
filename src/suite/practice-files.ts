/** practice/<stack>/<kernel>.yaml: which file holds for a kernel, read and written. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Practice, practiceFileFor, readPractice, writePractice } from '../verdict/practice.ts';
import type { Product } from '../verdict/verdict.ts';

const folder = 'practice';

/** What is recorded for a stack: on a kernel, else on the nearest older one, else on the nearest. */
export interface StackPractice {
  practice: Practice;
  /** Undefined where nothing is recorded at all. */
  file?: string;
  /** Whether it is that kernel's own. */
  exact: boolean;
}

/** @throws an Error that names the file, where it is no practice */
export function readPracticeOf(stack: string, release: string): StackPractice {
  const own = join(folder, stack);
  const found = practiceFileFor(release, existsSync(own) ? readdirSync(own) : []);
  if (!found) return { practice: {}, exact: false };
  const file = join(own, found.file);
  try {
    return { practice: readPractice(readFileSync(file, 'utf8')), file, exact: found.exact };
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
