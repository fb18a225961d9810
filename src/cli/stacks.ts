import type { LoadedLab } from '../suite/make-runs.ts';
import { UsageError } from './usage-error.ts';

/** @throws UsageError for a stack that miflab does not have, whether the command or a lab asks for it */
export function refuseUnknownStacks(labs: LoadedLab[], asked: string[] | undefined, known: string[]): void {
  const wanted = asked ?? labs.flatMap(({ lab }) => lab.stack ?? []);
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown) throw new UsageError(`unknown stack ${unknown}: there is ${known.join(', ')}`);
}
