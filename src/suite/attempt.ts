import { join } from 'node:path';
import type { Decision } from '../decision/decision.ts';
import type { TimelineEvent } from '../evidence/timeline.ts';
import type { Measurement } from '../testbed/measurement.ts';
import type { Failure, RunResult } from '../verdict/verdict.ts';
import { isUnexpected, outcomeOf } from './outcome.ts';
import { productOf } from './product.ts';
import type { Attempt, PracticeFinding } from './results.ts';
import type { Laboratory, Run } from './run.ts';
import { unusual } from './setting.ts';

export interface AttemptOptions {
  repetition: number;
  retry: number;
  /** The suite's folder, where the evidence goes. */
  folder: string;
  signal: AbortSignal;
  onEvent: (event: TimelineEvent) => void;
  /** For a control what was decided in the lab itself, known when that is measured. */
  reference?: Promise<Decision[] | undefined>;
}

/** Measures a run once and judges it. What is thrown on the way is a bug of miflab, and reported as one. */
export async function attempt(run: Run, laboratory: Laboratory, options: AttemptOptions): Promise<Attempt> {
  const { repetition, retry } = options;
  const { result, practice } = await measureAndJudge(run, laboratory, options).catch((error: unknown) => ({
    result: resultOf(run, { failure: { kind: 'bug', message: stackOf(error) } }),
    practice: [],
  }));
  const outcome = outcomeOf(result);
  return {
    repetition,
    retry,
    result,
    practice,
    outcome,
    unexpected: isUnexpected(result, practice),
  };
}

async function measureAndJudge(
  { plan, ...stated }: Run,
  { measure, assess, store }: Laboratory,
  options: AttemptOptions,
): Promise<{ result: RunResult; practice: PracticeFinding[] }> {
  const run = { ...stated, plan: { ...plan, hashSeed: options.repetition } };
  const measurement = await measure(run.plan, { onEvent: options.onEvent, signal: options.signal });
  const { verdicts, practice, findings } = assess(run, measurement, await options.reference);
  const { failure } = measurement;
  const result = resultOf(run, {
    verdicts,
    failure,
    ...(findings?.length && { findings }),
    timing: timingOf(measurement),
    product: productOf(run, versionIn(measurement.timeline)),
  });
  if (failure?.kind === 'machine') return { result, practice };
  const evidence = evidenceFolder(run, options);
  try {
    await store(join(options.folder, evidence), run, measurement, verdicts);
  } catch (error) {
    return { result: resultOf(run, { failure: unwritten(error) }), practice: [] };
  }
  return { result: { ...result, evidence }, practice };
}

/** A full disk, or a folder that was taken away; all else is thrown on. */
function unwritten(error: unknown): Failure {
  const { syscall, message } = error as NodeJS.ErrnoException;
  if (syscall === undefined) throw error;
  return {
    kind: 'machine',
    message: `the evidence cannot be written: ${message}`,
    remedy: 'miflab run --output FOLDER',
  };
}

function resultOf({ info }: Run, known: Partial<RunResult>): RunResult {
  const { lab, variant, stack, timers } = info;
  return { lab, variant, stack, timers, verdicts: [], timing: { total: 0 }, ...known };
}

function timingOf({ timing }: Measurement): RunResult['timing'] {
  const { total, ready } = timing;
  return { ...timing, readyToVerdict: ready === undefined ? undefined : total - ready };
}

const versionIn = (timeline: TimelineEvent[]): string | undefined =>
  timeline.find((event) => event.kind === 'stack')?.version;

/** default-router/preference/control-1, with the setting and the attempt where there are several. */
function evidenceFolder({ info }: Run, { repetition, retry }: AttemptOptions): string {
  const parts = [
    info.variant || 'lab',
    ...unusual(info),
    repetition > 1 ? `repetition ${repetition}` : '',
    retry > 0 ? `retry ${retry}` : '',
  ];
  return join(
    info.lab,
    parts
      .filter(Boolean)
      .join(' ')
      .replaceAll(/[^\w.-]+/g, '-'),
  );
}

const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
