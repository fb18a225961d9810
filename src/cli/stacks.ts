import { clientNames } from '../clients/index.ts';
import { stackParts } from '../stacks/index.ts';
import type { LoadedLab } from '../suite/make-runs.ts';
import { availableStacks } from './available-stacks.ts';
import type { Parts } from './parts.ts';
import { UsageError } from './usage-error.ts';

type StackParts = Pick<Parts, 'stacks' | 'wholeStackName' | 'machine'>;

/**
 * The stacks that --stack stands for: `all` is every one that this machine has, `all@trixie` every one in that user
 * land. What it has not is said in a line on standard error. Undefined where the command names none.
 *
 * @throws UsageError for a stack or a client that miflab does not have, whether the command or a lab asks for it
 */
export async function chosenStacks(
  labs: LoadedLab[],
  asked: string[] | undefined,
  parts: StackParts,
): Promise<string[] | undefined> {
  const chosen = asked && (await Promise.all(asked.map((word) => named(word, parts)))).flat();
  for (const name of chosen ?? labs.flatMap(({ lab }) => lab.stack ?? [])) refuseUnknown(name, parts.stacks);
  return chosen && [...new Set(chosen)];
}

async function named(word: string, { stacks, wholeStackName, machine }: StackParts): Promise<string[]> {
  if (!/^all(@|$)/.test(word)) return [word];
  const every = stacks.map((stack) => wholeStackName(word.replace('all', stack)));
  const { available, leftOut } = await availableStacks(every, machine);
  if (leftOut.length > 0) process.stderr.write(`left out of ${word}: ${leftOut.join(', ')}\n`);
  if (available.length === 0) throw new UsageError(`${word}: this machine has none of them`);
  return available;
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
