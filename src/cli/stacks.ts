import { clientNames } from '../clients/index.ts';
import { stackParts } from '../stacks/index.ts';
import type { LoadedLab } from '../suite/make-runs.ts';
import { availableStacks } from './available-stacks.ts';
import type { Parts } from './parts.ts';
import { UsageError } from './usage-error.ts';

type StackParts = Pick<Parts, 'stacks' | 'wholeStackName' | 'userLands' | 'machine'>;

/**
 * The stacks that --stack stands for: `all` is every one wherever it can live here, among the machine's own files and
 * in every user land that is built; `all@trixie` every one in that user land, `networkd@all` that one in every user
 * land. What is not there is said in a line on standard error. Undefined where the command names none.
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

async function named(word: string, parts: StackParts): Promise<string[]> {
  const [stack = '', place] = word.split('@');
  if (stack !== 'all' && place !== 'all') return [word];
  if (stack !== 'all') refuseUnknown(stack, parts.stacks);
  const names = stack === 'all' ? parts.stacks : [stack];
  const every = new Set(names.flatMap((name) => everywhere(name, place, parts)));
  const { available, leftOut } = await availableStacks([...every], parts.machine);
  if (leftOut.length > 0) process.stderr.write(`left out of ${word}: ${leftOut.join(', ')}\n`);
  if (available.length === 0) throw new UsageError(`${word}: this machine has none of them`);
  return available;
}

function everywhere(
  stack: string,
  place: string | undefined,
  { wholeStackName, userLands }: StackParts,
): string[] {
  if (place !== undefined && place !== 'all') return [`${stack}@${place}`];
  const inUserLands = userLands().map((userLand) => `${stack}@${userLand}`);
  return place === 'all' ? inUserLands : [wholeStackName(stack), ...inUserLands];
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
