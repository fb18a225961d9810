/** From attempts to what a run, and a suite, came to. Pure. */
import type { Decision } from '../decision/decision.ts';
import type { Failure, Outcome, RunResult } from '../verdict/verdict.ts';
import { ExitCode } from './exit-code.ts';
import type { Attempt, PracticeFinding, RunRecord, Stability, SuiteResults } from './results.ts';

/** The worst first: what is said of a lab with several probes, or of a run with several repetitions. */
export const outcomes = [
  'deviates',
  'inconclusive',
  'unsupported',
  'permitted',
  'conforms',
] as const satisfies Outcome[];

const worst = (several: Outcome[]): Outcome | undefined =>
  outcomes.find((outcome) => several.includes(outcome));

/**
 * What a run came to: the worst of its verdicts. One that broke is inconclusive, for what was seen may come of
 * that and not of the stack; one that the machine could not build is unsupported.
 */
export function outcomeOf({ verdicts, failure }: RunResult): Outcome {
  if (failure) return failure.kind === 'machine' ? 'unsupported' : 'inconclusive';
  return worst(verdicts.map(({ outcome }) => outcome)) ?? 'inconclusive';
}

/** Whether a suite must fail for this result: a change of practice, or a deviation that nobody recorded. */
export function isUnexpected({ verdicts, failure }: RunResult, practice: PracticeFinding[]): boolean {
  if (failure) return false;
  const recorded = new Set(practice.filter(({ state }) => state === 'as recorded').map(({ probe }) => probe));
  const changed = practice.some(({ state }) => state === 'changed');
  return changed || verdicts.some(({ outcome, probe }) => outcome === 'deviates' && !recorded.has(probe));
}

/** What was decided in the attempt that counts. */
export const decisionsOf = ({ attempts, decisive }: RunRecord): Decision[] =>
  attempts[decisive]!.result.verdicts.flatMap(({ decision }) => decision ?? []);

/** Whether a person must look at it, and whether another try may come out better. */
export const needsAttention = ({ unexpected, outcome }: Pick<Attempt, 'unexpected' | 'outcome'>): boolean =>
  unexpected || outcome === 'inconclusive';

/** Of each repetition the last retry. */
export const lastAttempts = (attempts: Attempt[]): Attempt[] =>
  attempts.filter(
    ({ repetition, retry }) =>
      !attempts.some((other) => other.repetition === repetition && other.retry > retry),
  );

/** What all attempts of a run come to. What needs attention counts, though a recorded deviation is worse. */
export function summarize(
  attempts: Attempt[],
): Pick<RunRecord, 'outcome' | 'unexpected' | 'stability' | 'decisive'> {
  const last = lastAttempts(attempts);
  const counting =
    last.find(({ result }) => result.failure?.kind === 'bug') ??
    last.find(({ unexpected }) => unexpected) ??
    last.find(needsAttention) ??
    last.toSorted((a, b) => outcomes.indexOf(a.outcome) - outcomes.indexOf(b.outcome))[0]!;
  const { outcome, unexpected } = counting;
  return { outcome, unexpected, stability: stabilityOf(last), decisive: attempts.indexOf(counting) };
}

function stabilityOf(last: Attempt[]): Stability {
  if (new Set(last.map(fingerprint)).size > 1) return 'unstable';
  return last.some((attempt) => attempt.retry > 0 && !needsAttention(attempt)) ? 'flaky' : 'stable';
}

/** What must be the same in every repetition: the outcome and what was seen, without times and packet numbers. */
const fingerprint = ({ result, outcome }: Attempt): string =>
  JSON.stringify([
    outcome,
    result.verdicts.map(({ probe, outcome, seen }) => [
      probe,
      outcome,
      seen?.replaceAll(/\b\d+ ms\b/g, 'a time'),
    ]),
  ]);

/**
 * The exit code of a finished suite, the gravest first: a bug of miflab makes every result doubtful; a lab that
 * asks for what is refused must be mended; a decision that differs is a finding whatever else happened; what the
 * machine lacks explains what is missing.
 */
export function exitCodeOf(runs: Pick<RunRecord, 'outcome' | 'unexpected' | 'attempts'>[]): ExitCode {
  const failures = runs.flatMap(({ attempts }) => attempts.flatMap(({ result }) => result.failure ?? []));
  if (failures.some(({ kind }) => kind === 'bug')) return ExitCode.bug;
  if (failures.some(({ kind }) => kind === 'lab')) return ExitCode.usage;
  if (runs.some(({ unexpected }) => unexpected)) return ExitCode.differs;
  if (failures.some(isRemediable) || nothingMeasured(runs)) return ExitCode.machine;
  if (runs.some(({ outcome }) => outcome === 'inconclusive')) return ExitCode.inconclusive;
  return ExitCode.ok;
}

/** What this kernel cannot do is no fault of the machine's set-up; what a command gets is. */
const isRemediable = (failure: Failure): boolean =>
  failure.kind === 'machine' && failure.remedy !== '' && !failure.optional;

/** Unsupported labs are skipped and named; a suite of nothing else has shown nothing. */
const nothingMeasured = (runs: Pick<RunRecord, 'outcome'>[]): boolean =>
  runs.length > 0 && runs.every(({ outcome }) => outcome === 'unsupported');

/**
 * Of a suite that asks what a kernel decides, whatever practice knows of it: a deviation is one even where it is
 * recorded, and what was not measured has shown nothing.
 */
export function decidedExitCode({ runs, exitCode }: Pick<SuiteResults, 'runs' | 'exitCode'>): number {
  if (exitCode === ExitCode.bug || exitCode === ExitCode.interrupted) return exitCode;
  if (runs.some(({ outcome }) => outcome === 'deviates')) return ExitCode.differs;
  return runs.every(({ outcome }) => outcome === 'conforms' || outcome === 'permitted')
    ? ExitCode.ok
    : ExitCode.inconclusive;
}

/** From miflab's exit codes to those that `git bisect run` takes: 125 skips a commit, and 128 or more ends it all. */
export function gitBisectExitCode(exitCode: number): number {
  if (exitCode === ExitCode.inconclusive || exitCode === ExitCode.machine) return 125;
  return exitCode === ExitCode.usage || exitCode === ExitCode.bug ? 255 : exitCode;
}
