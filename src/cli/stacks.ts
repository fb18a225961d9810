import type { LoadedLab } from '../suite/make-runs.ts';
import { UsageError } from './usage-error.ts';

/**
 * The stacks that --stack stands for: `all` is every one, and `all@trixie` every one in that user land. Undefined
 * where the command names none.
 *
 * @throws UsageError for a stack that miflab does not have, whether the command or a lab asks for it
 */
export function chosenStacks(
  labs: LoadedLab[],
  asked: string[] | undefined,
  known: string[],
): string[] | undefined {
  const chosen = asked?.flatMap((word) => (stackOf(word) === 'all' ? everyStack(word, known) : [word]));
  const wanted = chosen ?? labs.flatMap(({ lab }) => lab.stack ?? []);
  const unknown = wanted.find((name) => !known.includes(stackOf(name)));
  if (unknown) throw new UsageError(`unknown stack ${unknown}: there is ${known.join(', ')}`);
  return chosen && [...new Set(chosen)];
}

const stackOf = (name: string): string => name.split('@')[0]!;

const everyStack = (word: string, known: string[]): string[] =>
  known.map((stack) => word.replace('all', stack));
