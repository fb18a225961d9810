import { availableParallelism } from 'node:os';
import type { Timers } from '../plan/plan.ts';
import { standardOutput } from '../report/output.ts';
import { ExitCode } from '../suite/exit-code.ts';
import { makeRuns } from '../suite/make-runs.ts';
import { measureSupported } from '../suite/measure-supported.ts';
import { isBlocking, type Missing, missingOn } from '../suite/needs.ts';
import type { PracticeSource, RunRecord, SuiteResults } from '../suite/results.ts';
import { keepResults, makeSuiteFolder, readDurations, readResults } from '../suite/results-folder.ts';
import type { Run } from '../suite/run.ts';
import { runSuite } from '../suite/run-suite.ts';
import { type Shard, select } from '../suite/select.ts';
import { report } from './doctor.ts';
import { interruption } from './interruption.ts';
import { loadLabs } from './load-labs.ts';
import type { Parts } from './parts.ts';
import { openReporters } from './reporter-choice.ts';
import { chosenStacks } from './stacks.ts';
import { UsageError } from './usage-error.ts';
import type { ReporterChoice } from './values.ts';

export interface RunOptions {
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
  output: string;
}

/** A lab waits more than it computes: four for each processor kept it busy (docs/architecture.md). */
const defaultWorkers = () => 4 * availableParallelism();

/** Runs labs, keeps the results and returns their exit code. */
export async function run(words: string[], options: RunOptions, parts?: Parts): Promise<number> {
  const outcome = await runLabs(words, options, parts ?? (await import('./laboratory.ts')).parts);
  return typeof outcome === 'number' ? outcome : outcome.exitCode;
}

/** The results, or the exit code where nothing was started. */
export async function runLabs(
  words: string[],
  options: RunOptions,
  parts: Parts,
): Promise<SuiteResults | ExitCode> {
  const runs = await chooseRuns(words, options, parts);
  if (runs.length === 0) {
    process.stdout.write('nothing needs another look: the last run came out as it should\n');
    return ExitCode.ok;
  }
  const needs = runs.flatMap(({ plan }) => plan.needs);
  const missing = await missingOn(parts.machine, needs);
  if (missing.some(isBlocking)) {
    process.stderr.write(report(missing));
    return ExitCode.machine;
  }
  return makeSuite(runs, missing, options, parts);
}

/** @throws UsageError where a lab is wrong, or none is left */
async function chooseRuns(words: string[], options: RunOptions, parts: Parts): Promise<Run[]> {
  const { output, timers, stack } = options;
  const labs = await loadLabs(words, parts.readLab);
  const stacks = chosenStacks(labs, stack, parts.stacks);
  const all = makeRuns(labs, { ...parts, timers, stacks });
  const lastFailed = options.lastFailed ? lastRecords(output) : undefined;
  const runs = select(all, { ...options, controls: options.controls ?? false, lastFailed });
  if (runs.length === 0 && !lastFailed) throw new UsageError('no lab is left to run: the filters leave none');
  return runs;
}

/** Makes the runs, and keeps what they came to. */
async function makeSuite(
  runs: Run[],
  missing: Missing[],
  options: RunOptions,
  parts: Parts,
): Promise<SuiteResults> {
  const { output, workers = defaultWorkers(), retries = 0, repeat = 1, bail } = options;
  const laboratory = { ...parts.laboratory, measure: measureSupported(parts.laboratory.measure, missing) };
  const reporter = openReporters(options.reporter ?? [], standardOutput());
  const { signal, release } = interruption();
  const durations = readDurations(output);
  const folder = makeSuiteFolder(output);
  const practice = practiceSources(runs, parts);
  const suite = {
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
    const results = await runSuite(runs, suite, laboratory, reporter);
    keepResults(output, results);
    return results;
  } finally {
    release();
  }
}

/** @throws UsageError where a file of practice is none */
function practiceSources(runs: Run[], { practiceOf }: Parts): PracticeSource[] {
  const stacks = [...new Set(runs.map(({ info }) => info.stack))];
  try {
    return stacks.flatMap((stack) => {
      const { file, exact } = practiceOf(stack);
      return file === undefined ? [] : [{ stack, file, exact }];
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function lastRecords(output: string): RunRecord[] {
  const results = readResults(`${output}/last`);
  if (!results) throw new UsageError(`--last-failed needs an earlier run: there is none in ${output}`);
  return results.runs;
}
