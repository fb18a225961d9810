import type { Timers } from '../plan/plan.ts';
import { ExitCode } from '../suite/exit-code.ts';
import { makeRuns } from '../suite/make-runs.ts';
import { runInSandbox } from '../testbed/measure.ts';
import type { Failure } from '../verdict/verdict.ts';
import { interruption } from './interruption.ts';
import { loadLabs, oneLabFile } from './load-labs.ts';
import { chosenStacks } from './stacks.ts';

/** Builds a lab up to its probes and keeps it until Ctrl-C; everything goes with this process. */
export async function up(word: string, options: { timers: Timers; stack?: string[] }): Promise<ExitCode> {
  const { parts } = await import('./laboratory.ts');
  const [lab] = await loadLabs([oneLabFile(word)], parts.readLab);
  const stacks = chosenStacks([lab!], options.stack, parts.stacks);
  const [run] = makeRuns([lab!], { ...parts, timers: options.timers, stacks });
  const { signal, release } = interruption();
  let failure: Failure | undefined;
  try {
    await runInSandbox(
      { plan: run!.plan, keep: true },
      (message) => {
        if (message.kind === 'failure') failure = message.failure;
        if (message.kind === 'event' && message.event.kind === 'step' && message.event.phase === 'begin')
          process.stderr.write(`${message.event.title}\n`);
        if (message.kind === 'kept')
          process.stdout.write(
            upText(
              lab!.name,
              run!.plan.nodes.map(({ name }) => name),
            ),
          );
      },
      signal,
    );
  } finally {
    release();
  }
  if (!failure) return ExitCode.ok;
  process.stderr.write(`error: ${failure.message}\n`);
  return ExitCode.inconclusive;
}

const upText = (lab: string, nodes: string[]): string => `${lab} is up: ${nodes.join(', ')}
  miflab exec ${lab} ${nodes.at(-1) === 'internet' ? (nodes.at(-2) ?? 'host') : nodes.at(-1)} -- ip route
  miflab capture ${lab} LINK | wireshark -k -i -
Ctrl-C ends it.
`;
