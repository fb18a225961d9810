import { ExitCode } from './exit-code.ts';
import type { KernelInfo } from './kernel.ts';
import { exitCodeOf } from './outcome.ts';
import type { OrderFinding, PracticeSource, RunRecord, SuiteListener, SuiteResults } from './results.ts';
import type { Laboratory, Run } from './run.ts';
import { type ScheduleOptions, schedule } from './schedule.ts';
import { version } from './version.ts';

export interface SuiteOptions extends ScheduleOptions {
  /** What the orders of an any-order lab came to. */
  compareOrders: (records: RunRecord[]) => OrderFinding[];
  /** Those that the runs are made on. */
  kernels: KernelInfo[];
  /** What the stacks were compared with. */
  practice: PracticeSource[];
}

/** Makes every run, and tells the listener as it goes. Never throws for what a run does. */
export async function runSuite(
  runs: Run[],
  options: SuiteOptions,
  laboratory: Laboratory,
  listener: SuiteListener,
): Promise<SuiteResults> {
  const { workers, folder, signal, practice } = options;
  const started = new Date();
  listener.onStart?.({ runs: runs.map(({ info }) => info), workers, folder });
  const records = await schedule(runs, options, laboratory, listener);
  const made = new Set(records.map(({ id }) => id));
  const notRun = runs.map(({ info }) => info.id).filter((id) => !made.has(id));
  const results: SuiteResults = {
    format: 1,
    miflab: version,
    started: started.toISOString(),
    duration: Date.now() - started.getTime(),
    kernels: options.kernels,
    workers,
    folder,
    ended: signal.aborted ? 'interrupted' : notRun.length > 0 ? 'bail' : 'complete',
    runs: records,
    orders: options.compareOrders(records),
    practice,
    notRun,
    exitCode: signal.aborted ? ExitCode.interrupted : exitCodeOf(records),
  };
  listener.onEnd?.(results);
  return results;
}
