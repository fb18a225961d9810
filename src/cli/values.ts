/** What a value on the command line may be; what it may not is said with what was expected. */
import { InvalidArgumentError } from 'commander';
import type { Shard } from '../suite/select.ts';

const wholeNumber =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${least}.`);
  };

export const fromZero = wholeNumber(0);
export const fromOne = wholeNumber(1);

export function pattern(text: string): RegExp {
  try {
    return new RegExp(text, 'i');
  } catch (error) {
    throw new InvalidArgumentError(`Expected a regular expression: ${(error as Error).message}.`);
  }
}

export function shard(text: string): Shard {
  const [index, count] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).slice(1).map(Number);
  if (index !== undefined && count !== undefined && index >= 1 && index <= count) return { index, count };
  throw new InvalidArgumentError('Expected i/n with i from 1 to n: 1/3.');
}

export function stacks(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => /^[a-z][a-z0-9+-]*(@[a-z][a-z0-9-]*)?$/.test(name))) return [...new Set(names)];
  throw new InvalidArgumentError(
    'Expected names of stacks with commas between them, each with a user land or without: kernel,networkd@trixie.',
  );
}

/** Names of kernels or files of them; whether there is such a kernel is said when it is looked for. */
export const kernels = (text: string): string[] => [...new Set(text.split(',').map((name) => name.trim()))];

export interface ReporterChoice {
  name: string;
  /** Undefined: standard output. */
  file?: string;
}

export const reporterNames = ['progress', 'plain', 'tap', 'ktap', 'junit', 'json', 'github'] as const;

/** A repeatable option: each value joins the ones before. */
export function reporter(text: string, before: ReporterChoice[] = []): ReporterChoice[] {
  const [name, ...rest] = text.split(':');
  const file = rest.join(':');
  if (!reporterNames.some((known) => known === name)) {
    throw new InvalidArgumentError(
      `Expected one of ${reporterNames.join(', ')}, or one with a file: junit:results.xml.`,
    );
  }
  return [...before, { name: name!, file: file || undefined }];
}
