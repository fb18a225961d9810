import { release } from 'node:os';
import pLimit from 'p-limit';
import type { TimelineEvent } from '../evidence/timeline.ts';
import { activityOf } from './activity.ts';
import { attempt } from './attempt.ts';
import { ExitCode } from './exit-code.ts';
import { exitCodeOf, needsAttention, summarize } from './outcome.ts';
import type { Attempt, OrderFinding, RunRecord, SuiteListener, SuiteResults } from './results.ts';
import type { Laboratory, Run } from './run.ts';
import { version } from './version.ts';

export interface SuiteOptions {
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
  /** What the orders of an any-order lab came to. */
  compareOrders: (records: RunRecord[]) => OrderFinding[];
}

/** Makes every run, and tells the listener as it goes. Never throws for what a run does. */
export async function runSuite(
  runs: Run[],
  options: SuiteOptions,
  laboratory: Laboratory,
  listener: SuiteListener,
): Promise<SuiteResults> {
  const { workers, signal, folder } = options;
  const started = new Date();
  const records = new Map<string, RunRecord>();
  const limit = pLimit(workers);

  const attention = new Set<string>();
  const bailed = () => attention.size >= (options.bail ?? Number.POSITIVE_INFINITY);

  async function makeRun(run: Run): Promise<void> {
    const repetitions = Array.from({ length: options.repeat }, (_, index) => index + 1);
    const made = await Promise.all(repetitions.map((repetition) => limit(() => attempts(run, repetition))));
    const finished = made.flat();
    if (finished.length === 0) return;
    const record = { ...run.info, ...summarize(finished), attempts: finished };
    records.set(run.info.id, record);
    listener.onResult?.(record);
  }

  /** A repetition and its retries. A measurement that was cut short says nothing, and is left out. */
  async function attempts(run: Run, repetition: number): Promise<Attempt[]> {
    const made: Attempt[] = [];
    if (bailed()) return made;
    for (let retry = 0; retry <= options.retries && !signal.aborted; retry++) {
      const latest = await measured(run, repetition, retry);
      if (signal.aborted) return made;
      made.push(latest);
      if (!needsAttention(latest)) return made;
    }
    if (made.length > 0) attention.add(run.info.id);
    return made;
  }

  async function measured(run: Run, repetition: number, retry: number): Promise<Attempt> {
    const { info } = run;
    const onEvent = (event: TimelineEvent) => {
      const activity = activityOf(event);
      if (activity) listener.onEvent?.({ kind: 'activity', run: info, activity });
    };
    listener.onEvent?.({ kind: 'begin', run: info });
    const made = await attempt(run, laboratory, { repetition, retry, folder, signal, onEvent });
    listener.onEvent?.({ kind: 'end', run: info });
    return made;
  }

  listener.onStart?.({ runs: runs.map(({ info }) => info), workers, folder });
  await Promise.all(longestFirst(runs, options.durations).map(makeRun));

  const inOrder = runs.flatMap(({ info }) => records.get(info.id) ?? []);
  const notRun = runs.map(({ info }) => info.id).filter((id) => !records.has(id));
  const results: SuiteResults = {
    format: 1,
    miflab: version,
    started: started.toISOString(),
    duration: Date.now() - started.getTime(),
    kernel: release(),
    workers,
    folder,
    ended: signal.aborted ? 'interrupted' : notRun.length > 0 ? 'bail' : 'complete',
    runs: inOrder,
    orders: options.compareOrders(inOrder),
    notRun,
    exitCode: signal.aborted ? ExitCode.interrupted : exitCodeOf(inOrder),
  };
  listener.onEnd?.(results);
  return results;
}

/** A run that was never timed may be the longest. */
function longestFirst(runs: Run[], durations: Record<string, number>): Run[] {
  const durationOf = ({ info }: Run) => durations[info.id] ?? Number.POSITIVE_INFINITY;
  const unlessEqual = (a: number, b: number) => (a === b ? 0 : b - a);
  return runs.toSorted((a, b) => unlessEqual(durationOf(a), durationOf(b)));
}
