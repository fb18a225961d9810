import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Timers } from '../plan/plan.ts';
import { standardOutput } from '../report/output.ts';
import { ExitCode } from '../suite/exit-code.ts';
import type { Kernel } from '../suite/kernel.ts';
import { type LoadedLab, makeRuns } from '../suite/make-runs.ts';
import { measureSupported } from '../suite/measure-supported.ts';
import { isBlocking, missingOn } from '../suite/needs.ts';
import { decidedExitCode } from '../suite/outcome.ts';
import type { PracticeSource, SuiteListener, SuiteResults } from '../suite/results.ts';
import { keepResults, makeSuiteFolder, readDurations } from '../suite/results-folder.ts';
import type { Run } from '../suite/run.ts';
import { runSuite } from '../suite/run-suite.ts';
import { type Shard, select } from '../suite/select.ts';
import type { Measure } from '../testbed/measurement.ts';
import { report } from './doctor.ts';
import { earlierResults } from './earlier-results.ts';
import { interruption } from './interruption.ts';
import { closeKernels, type KernelChoice, openKernels } from './kernels.ts';
import { loadLabs } from './load-labs.ts';
import type { Parts } from './parts.ts';
import { openReporters } from './reporter-choice.ts';
import { chosenStacks } from './stacks.ts';
import { UsageError, written } from './usage-error.ts';
import type { ReporterChoice } from './values.ts';

export interface RunOptions extends KernelChoice {
  grep?: RegExp;
  workers?: number;
  retries?: number;
  repeat?: number;
  bail?: number;
  lastFailed?: boolean;
  controls?: boolean;
  shard?: Shard;
  timers: Timers;
  stack?: string[];
  reporter?: ReporterChoice[];
  /** Hears of the suite in place of reporters. */
  listener?: SuiteListener;
  /** The exit code says what was decided, whatever practice knows (docs/kernels.md). */
  gitBisect?: boolean;
  output: string;
}

/** A lab waits more than it computes: four for each processor kept it busy (docs/architecture.md). */
const defaultWorkers = () => 4 * availableParallelism();

/** Runs labs, keeps the results and returns their exit code. */
export async function run(words: string[], options: RunOptions, parts?: Parts): Promise<number> {
  const outcome = await runLabs(words, options, parts ?? (await import('./laboratory.ts')).parts);
  if (typeof outcome === 'number') return outcome;
  return options.gitBisect ? decidedExitCode(outcome) : outcome.exitCode;
}

/** The results, or the exit code where nothing was started. */
export async function runLabs(
  words: string[],
  options: RunOptions,
  parts: Parts,
): Promise<SuiteResults | ExitCode> {
  const labs = await loadLabs(words, parts.readLab);
  const stacks = await chosenStacks(labs, options.stack, parts);
  const isVirtual = options.timers === 'virtual' || labs.some(({ lab }) => lab.timers === 'virtual');
  const kernels = await openKernels(options, isVirtual, parts);
  try {
    return await runOnKernels(chooseRuns(labs, stacks, kernels, options, parts), kernels, options, parts);
  } finally {
    await closeKernels(kernels);
  }
}

async function runOnKernels(
  runs: Run[],
  kernels: Kernel[],
  options: RunOptions,
  parts: Parts,
): Promise<SuiteResults | ExitCode> {
  if (runs.length === 0) {
    process.stdout.write('nothing needs another look: the last run came out as it should\n');
    return ExitCode.ok;
  }
  const needs = runs.flatMap(({ plan }) => plan.needs);
  const measures = new Map<string, Measure>();
  for (const { name, machine, measure } of kernels) {
    const missing = await missingOn(machine, needs);
    if (missing.some(isBlocking)) {
      process.stderr.write(report(missing));
      return ExitCode.machine;
    }
    measures.set(name, measureSupported(measure, missing));
  }
  const measure: Measure = (plan, options) => measures.get(plan.kernel)!(plan, options);
  return makeSuite(runs, kernels, { ...parts, laboratory: { ...parts.laboratory, measure } }, options);
}

/** @throws UsageError where none is left */
function chooseRuns(
  labs: LoadedLab[],
  stacks: string[] | undefined,
  kernels: Kernel[],
  options: RunOptions,
  parts: Parts,
): Run[] {
  const { output, timers } = options;
  const all = makeRuns(labs, {
    ...parts,
    timers,
    stacks,
    kernels,
    asked: (options.kernel ?? options.hostKernel) !== undefined,
  });
  const lastFailed = options.lastFailed ? earlierResults(join(output, 'last')).runs : undefined;
  const runs = select(all, { ...options, controls: options.controls ?? false, lastFailed });
  if (runs.length === 0 && !lastFailed) throw new UsageError('no lab is left to run: the filters leave none');
  return runs;
}

const ELSEWHERE = 'Another folder for them: --output FOLDER';

/** Makes the runs, and keeps what they came to. */
async function makeSuite(
  runs: Run[],
  kernels: Kernel[],
  parts: Parts,
  options: RunOptions,
): Promise<SuiteResults> {
  const { output, workers = defaultWorkers(), retries = 0, repeat = 1, bail } = options;
  const listener = options.listener ?? openReporters(options.reporter ?? [], standardOutput());
  const { signal, release } = interruption();
  const durations = readDurations(output);
  const folder = written('results', ELSEWHERE, () => makeSuiteFolder(output));
  const practice = practiceSources(runs, parts);
  const suite = {
    kernels: kernels.map(({ name, release, how }) => ({ name, release, how })),
    practice,
    workers,
    retries,
    repeat,
    bail,
    signal,
    durations,
    folder,
    compareOrders: parts.compareOrders,
  };
  try {
    const results = await runSuite(runs, suite, parts.laboratory, listener);
    written('results', ELSEWHERE, () => keepResults(output, results));
    return results;
  } finally {
    release();
  }
}

/** @throws UsageError where a file of practice is none */
function practiceSources(runs: Run[], { practiceOf }: Parts): PracticeSource[] {
  const settings = new Map(runs.map(({ info }) => [`${info.stack} ${info.release}`, info]));
  try {
    return [...settings.values()].flatMap(({ stack, release }) => {
      const { file, exact } = practiceOf(stack, release);
      return file === undefined ? [] : [{ stack, release, file, exact }];
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
