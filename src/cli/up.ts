import { applyEvent, emptyTables } from '../evidence/tables.ts';
import type { TimelineEvent } from '../evidence/timeline.ts';
import type { Timers } from '../plan/plan.ts';
import { activityOf } from '../suite/activity.ts';
import { miflab } from '../suite/called-as.ts';
import { ExitCode } from '../suite/exit-code.ts';
import { type LoadedLab, makeRuns } from '../suite/make-runs.ts';
import { isBlocking, missingOn } from '../suite/needs.ts';
import type { Run } from '../suite/run.ts';
import { runInSandbox } from '../testbed/measure.ts';
import type { LabMessage } from '../testbed/messages.ts';
import type { Failure } from '../verdict/verdict.ts';
import { report } from './doctor.ts';
import { interruption } from './interruption.ts';
import { loadLabs, oneLabFile } from './load-labs.ts';
import { labsThatAreUp, markOf } from './running-lab.ts';
import { chosenStacks } from './stacks.ts';
import { upText } from './up-text.ts';
import { UsageError } from './usage-error.ts';

/** Builds a lab up to its probes and keeps it until Ctrl-C; everything goes with this process. */
export async function up(word: string, options: { timers: Timers; stack?: string[] }): Promise<number> {
  const { parts } = await import('./laboratory.ts');
  const [lab] = await loadLabs([oneLabFile(word)], parts.readLab);
  const stacks = await chosenStacks([lab!], options.stack, parts);
  const [run] = makeRuns([lab!], { ...parts, timers: options.timers, stacks });
  refuseSecond(lab!);
  const missing = await missingOn(parts.machine, run!.plan.needs);
  if (missing.some(isBlocking)) {
    process.stderr.write(report(missing));
    return ExitCode.machine;
  }
  return keepUp(run!);
}

/** @throws UsageError */
function refuseSecond({ name, file }: LoadedLab): void {
  const mark = markOf(file);
  const first = labsThatAreUp().find((lab) => lab.mark === mark);
  if (first)
    throw new UsageError(
      `${name} is up already (process ${first.pid}): use ${miflab} exec ${name}, or end it with Ctrl-C where it runs`,
    );
}

async function keepUp({ plan, info }: Run): Promise<number> {
  const { signal, release } = interruption();
  let failure: Failure | undefined;
  let kept = false;
  let tables = emptyTables();
  const onEvent = (event: TimelineEvent) => {
    if (event.kind === 'netlink') tables = applyEvent(tables, event);
    if (event.kind === 'daemon' && event.what === 'exited' && !event.expected)
      process.stderr.write(`${event.daemon} ended (${event.signal ?? `exit code ${event.code}`})\n`);
    const activity = activityOf(event);
    if (activity && !kept) process.stderr.write(`${activity}\n`);
  };
  const onMessage = (message: LabMessage) => {
    if (message.kind === 'failure') failure = message.failure;
    if (message.kind === 'event') onEvent(message.event);
    if (message.kind === 'kept') {
      kept = true;
      process.stdout.write(upText(plan, info.title, tables));
    }
  };
  try {
    const said = await runInSandbox({ plan, keep: markOf(info.file) }, onMessage, signal);
    if (signal.aborted) return ExitCode.ok;
    process.stderr.write(failureText(failure, said));
    return failure ? exitCodes[failure.kind] : ExitCode.bug;
  } finally {
    release();
  }
}

const exitCodes: Record<Failure['kind'], ExitCode> = {
  lab: ExitCode.usage,
  machine: ExitCode.machine,
  daemon: ExitCode.inconclusive,
  evidence: ExitCode.inconclusive,
  bug: ExitCode.bug,
};

function failureText(failure: Failure | undefined, said: string): string {
  if (!failure) return `error: the lab ended by itself: ${said}\n`;
  const lastOutput = failure.kind === 'daemon' ? failure.lastOutput : [];
  return `error: ${failure.message}\n${lastOutput.map((line) => `  ${line}\n`).join('')}`;
}
