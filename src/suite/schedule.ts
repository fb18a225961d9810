import pLimit from 'p-limit';
import type { Decision } from '../decision/decision.ts';
import type { TimelineEvent } from '../evidence/timeline.ts';
import { activityOf } from './activity.ts';
import { attempt } from './attempt.ts';
import { decisionsOf, needsAttention, summarize } from './outcome.ts';
import type { Attempt, RunRecord, SuiteListener } from './results.ts';
import type { Laboratory, Run } from './run.ts';

export interface ScheduleOptions {
  /** How many runs are measured at once. A verdict does not depend on it. */
  workers: number;
  retries: number;
  repeat: number;
  /** Start nothing more after so many runs that are unexpected or inconclusive. */
  bail?: number;
  /** Ends the running labs at once. */
  signal: AbortSignal;
  /** Earlier durations in milliseconds by run id: the longest start first. */
  durations: Record<string, number>;
  folder: string;
}

/** Makes the runs, several at once, and returns what each came to, in the order of the runs. */
export async function schedule(
  runs: Run[],
  { workers, retries, repeat, bail = Number.POSITIVE_INFINITY, signal, durations, folder }: ScheduleOptions,
  laboratory: Laboratory,
  listener: SuiteListener,
): Promise<RunRecord[]> {
  const limit = pLimit(workers);
  const records = new Map<Run, Promise<RunRecord | undefined>>();
  const attention = new Set<Run>();

  async function makeRun(run: Run): Promise<RunRecord | undefined> {
    const repetitions = Array.from({ length: repeat }, (_, index) => index + 1);
    const made = await Promise.all(repetitions.map((repetition) => limit(() => attempts(run, repetition))));
    const finished = made.flat();
    if (finished.length === 0) return undefined;
    const record = { ...run.info, ...summarize(finished), attempts: finished };
    listener.onResult?.(record);
    return record;
  }

  /** A repetition and its retries. A measurement that was cut short says nothing, and is left out. */
  async function attempts(run: Run, repetition: number): Promise<Attempt[]> {
    const made: Attempt[] = [];
    if (attention.size >= bail) return made;
    for (let retry = 0; retry <= retries && !signal.aborted; retry++) {
      const latest = await measured(run, repetition, retry);
      if (signal.aborted) return made;
      made.push(latest);
      if (!needsAttention(latest)) return made;
    }
    if (made.length > 0) attention.add(run);
    return made;
  }

  async function measured(run: Run, repetition: number, retry: number): Promise<Attempt> {
    const { info } = run;
    const onEvent = (event: TimelineEvent) => {
      const activity = activityOf(event);
      if (activity) listener.onEvent?.({ kind: 'activity', run: info, activity });
    };
    listener.onEvent?.({ kind: 'begin', run: info });
    const reference = referenceOf(run);
    const made = await attempt(run, laboratory, { repetition, retry, folder, signal, onEvent, reference });
    listener.onEvent?.({ kind: 'end', run: info });
    return made;
  }

  /** What was decided in the lab of a control; it was started before, and so never waits for the control in turn. */
  async function referenceOf({ info }: Run): Promise<Decision[] | undefined> {
    const main = info.kind === 'control' && runs.find((run) => isLabItself(run, info));
    const record = main && (await records.get(main));
    if (!record || record.outcome === 'inconclusive' || record.outcome === 'unsupported') return undefined;
    return decisionsOf(record);
  }

  for (const run of inStartingOrder(runs, durations)) records.set(run, makeRun(run));
  const made = await Promise.all(runs.map((run) => records.get(run)));
  return made.filter((record) => record !== undefined);
}

/** The lab itself, or the first of its orders. */
const isLabItself = ({ info }: Run, { lab, stack, kernel }: Run['info']): boolean =>
  info.kind !== 'control' && info.lab === lab && info.stack === stack && info.kernel === kernel;

/** Controls behind the labs that they must differ from; then the longest first, and one never timed may be that. */
function inStartingOrder(runs: Run[], durations: Record<string, number>): Run[] {
  const durationOf = ({ info }: Run) => durations[info.id] ?? Number.MAX_VALUE;
  const isControl = ({ info }: Run) => Number(info.kind === 'control');
  return runs.toSorted((a, b) => isControl(a) - isControl(b) || durationOf(b) - durationOf(a));
}
