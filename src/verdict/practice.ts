/** Practice: the decisions that a stack is known to make, a YAML file per stack and kernel. Pure. */
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { stableDecision, wordsOf } from './stable.ts';
import type { Verdict } from './verdict.ts';

const RecordedDecision = z.strictObject({
  outcome: z.enum(['conforms', 'deviates', 'permitted', 'inconclusive', 'unsupported']),
  decision: z.record(z.string(), z.union([z.string(), z.boolean(), z.array(z.string())])),
  /** The client that decided, with its version; another version may decide the same. */
  client: z.string().optional(),
  /** Why a deviation is accepted; written by a person, kept when practice is recorded again. */
  reason: z.string().optional(),
});

/** Of a stack that does not decide the same in every run: all that it is known to decide. */
const Varying = z.strictObject({
  /** Why it varies; written by a person, kept when practice is recorded again. */
  varies: z.string(),
  'one-of': z.array(RecordedDecision).min(2),
});

const Recorded = z.union([RecordedDecision, Varying]);

/** Lab, variant ('' is the lab itself) and probe to what was recorded. */
const Practice = z.record(z.string(), z.record(z.string(), z.record(z.string(), Recorded)));

export type RecordedDecision = z.infer<typeof RecordedDecision>;
export type Recorded = z.infer<typeof Recorded>;
export type Practice = z.infer<typeof Practice>;

export interface PracticeComparison {
  /** As the suite's PracticeFinding has it; changed: another decision or outcome is recorded. */
  state: 'as recorded' | 'changed' | 'not recorded';
  recorded?: string;
  reason?: string;
  /** Why several decisions are recorded: the stack does not decide the same in every run. */
  varies?: string;
}

/** Throws what is wrong with the file (yaml, zod). */
export const readPractice = (text: string): Practice => Practice.parse(parse(text) ?? {});

export const writePractice = (practice: Practice): string =>
  stringify(practice, { sortMapEntries: true, lineWidth: 0 });

/** Of one that varies all that are known. */
export const decisionsIn = (recorded: Recorded): RecordedDecision[] =>
  'one-of' in recorded ? recorded['one-of'] : [recorded];

/** A deviation or a variation that nobody has given a reason for. */
export const isUnexplained = (recorded: Recorded): boolean =>
  ('varies' in recorded && !recorded.varies) ||
  decisionsIn(recorded).some(({ outcome, reason }) => outcome === 'deviates' && !reason);

/**
 * What one probe came to in every repetition, as practice. One that is known to vary keeps what it was seen to
 * decide before. Undefined for verdicts that no decision stands behind: they must not become practice.
 */
export const recordOf = (verdicts: Verdict[], before?: Recorded): Recorded | undefined => {
  const now = verdicts.flatMap((verdict) => decidedIn(verdict) ?? []).map((one) => explained(one, before));
  const known = before && 'one-of' in before ? before['one-of'] : [];
  const all = distinct([...now, ...known]);
  if (now.length === 0 || all.length === 1) return now[0];
  const varies = before && 'varies' in before ? before.varies : '';
  return { varies, 'one-of': all.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1)) };
};

const decidedIn = ({ outcome, decision }: Verdict): RecordedDecision | undefined => {
  if (!decision || outcome === 'inconclusive' || outcome === 'unsupported') return undefined;
  return {
    outcome,
    decision: stableDecision(decision),
    ...(decision.client && { client: decision.client }),
  };
};

/** With the reason of the same decision before; one that took the place of a single other one inherits its reason. */
const explained = (now: RecordedDecision, before: Recorded | undefined): RecordedDecision => {
  const known = before ? decisionsIn(before) : [];
  const { reason } = known.find((one) => keyOf(one) === keyOf(now)) ?? (known.length === 1 ? known[0]! : {});
  return { ...now, ...(reason && { reason }) };
};

const distinct = (decisions: RecordedDecision[]): RecordedDecision[] => [
  ...new Map(decisions.toReversed().map((one) => [keyOf(one), one])).values(),
];

/** Undefined for a verdict that no decision stands behind: nothing is said about practice. */
export const comparePractice = (
  verdict: Verdict,
  recorded: Recorded | undefined,
): PracticeComparison | undefined => {
  const now = decidedIn(verdict);
  if (!now) return undefined;
  if (!recorded) return { state: 'not recorded' };
  const known = decisionsIn(recorded);
  const same = known.find((one) => keyOf(one) === keyOf(now));
  const { reason } = same ?? known[0]!;
  return {
    state: same ? 'as recorded' : 'changed',
    recorded: known.map(inWords).join(', or '),
    ...(reason && { reason }),
    ...('varies' in recorded && { varies: recorded.varies || 'no reason is recorded' }),
  };
};

const inWords = ({ client, decision }: RecordedDecision): string =>
  `${client ? `${client}: ` : ''}${wordsOf(decision)}`;

const keyOf = ({ outcome, decision }: RecordedDecision): string =>
  JSON.stringify([outcome, Object.entries(decision).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
/**
 * Which of a stack's practice files ('6.18.yaml') holds for a kernel: its own, else the nearest older, else
 * the nearest. `exact` tells whether it is the kernel's own.
 */
export const practiceFileFor = (
  kernelRelease: string,
  available: string[],
): { file: string; exact: boolean } | undefined => {
  const running = numberOf(kernelRelease);
  const files = available
    .filter((file) => /^\d+\.\d+\.ya?ml$/.test(file))
    .toSorted((a, b) => numberOf(a) - numberOf(b));
  const file = files.findLast((one) => numberOf(one) <= running) ?? files[0];
  return file === undefined ? undefined : { file, exact: numberOf(file) === running };
};

/** 6.18.5-generic → 6018 */
const numberOf = (text: string): number => {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(text) ?? [];
  return Number(major) * 1000 + Number(minor);
};
