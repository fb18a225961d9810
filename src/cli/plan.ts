import type { Timers } from '../plan/plan.ts';
import { ExitCode } from '../suite/exit-code.ts';
import { makeRuns } from '../suite/make-runs.ts';
import { loadLabs, oneLabFile } from './load-labs.ts';
import type { Parts } from './parts.ts';
import { chosenStacks } from './stacks.ts';
import { UsageError } from './usage-error.ts';

export interface PlanOptions {
  variant?: string;
  timers: Timers;
  stack?: string[];
}

/** Prints all that a lab becomes on the machine, as JSON. */
export async function plan(word: string, options: PlanOptions, given?: Parts): Promise<ExitCode> {
  const parts = given ?? (await import('./laboratory.ts')).parts;
  const [lab] = await loadLabs([oneLabFile(word)], parts.readLab);
  const stacks = await chosenStacks([lab!], options.stack, parts);
  const runs = makeRuns([lab!], { ...parts, timers: options.timers, stacks });
  const run = runs.find(({ info }) => info.variant === (options.variant ?? runs[0]?.info.variant));
  if (!run) {
    const known = runs.map(({ info }) => info.variant || '(none)').join(', ');
    throw new UsageError(`${lab!.name} has no variant ${options.variant}: there is ${known}`);
  }
  process.stdout.write(`${JSON.stringify(run.plan, null, 2)}\n`);
  return ExitCode.ok;
}
