import { clientNames } from '../clients/index.ts';
import { stackParts } from '../stacks/index.ts';
import type { LoadedLab } from '../suite/make-runs.ts';
import { UsageError } from './usage-error.ts';

/**
 * The stacks that --stack stands for: `all` is every one, and `all@trixie` every one in that user land. Undefined
 * where the command names none.
 *
 * @throws UsageError for a stack or a client that miflab does not have, whether the command or a lab asks for it
 */
export function chosenStacks(
  labs: LoadedLab[],
  asked: string[] | undefined,
  known: string[],
): string[] | undefined {
  const chosen = asked?.flatMap((word) => (/^all\b/.test(word) ? everyStack(word, known) : [word]));
  for (const name of chosen ?? labs.flatMap(({ lab }) => lab.stack ?? [])) refuseUnknown(name, known);
  return chosen && [...new Set(chosen)];
}

function refuseUnknown(name: string, known: string[]): void {
  const { stack, clients } = stackParts(name);
  if (!known.includes(stack)) throw new UsageError(`unknown stack ${name}: there is ${known.join(', ')}`);
  const unknown = clients.find((client) => !clientNames.includes(client));
  if (unknown)
    throw new UsageError(
      `${name}: ${unknown} is no variant of ${stack} and no client: there is ${clientNames.join(', ')}`,
    );
}

const everyStack = (word: string, known: string[]): string[] =>
  known.map((stack) => word.replace('all', stack));
