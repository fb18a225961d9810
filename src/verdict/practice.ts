/** Practice: the decisions that a stack is known to make, a YAML file per stack and kernel. Pure. */
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { type StableDecision, stableDecision, wordsOf } from './stable.ts';
import type { Verdict } from './verdict.ts';

const Recorded = z.strictObject({
  outcome: z.enum(['conforms', 'deviates', 'permitted', 'inconclusive', 'unsupported']),
  decision: z.record(z.string(), z.union([z.string(), z.boolean(), z.array(z.string())])),
  /** The client that decided, with its version; another version may decide the same. */
  client: z.string().optional(),
  /** Why a deviation is accepted; written by a person, kept when practice is recorded again. */
  reason: z.string().optional(),
});

/** Lab, variant ('' is the lab itself) and probe to what was recorded. */
const Practice = z.record(z.string(), z.record(z.string(), z.record(z.string(), Recorded)));

export type Recorded = z.infer<typeof Recorded>;
export type Practice = z.infer<typeof Practice>;

export interface PracticeComparison {
  /** As the suite's PracticeFinding has it; changed: another decision or outcome is recorded. */
  state: 'as recorded' | 'changed' | 'not recorded';
  recorded?: string;
  reason?: string;
}

/** Throws what is wrong with the file (yaml, zod). */
export const readPractice = (text: string): Practice => Practice.parse(parse(text) ?? {});

export const writePractice = (practice: Practice): string =>
  stringify(practice, { sortMapEntries: true, lineWidth: 0 });

/** Undefined for a verdict that no decision stands behind: it must not become practice. */
export const recordOf = ({ outcome, decision }: Verdict, before?: Recorded): Recorded | undefined => {
  if (!decision || outcome === 'inconclusive' || outcome === 'unsupported') return undefined;
  return {
    outcome,
    decision: stableDecision(decision),
    ...(decision.client && { client: decision.client }),
    ...(before?.reason && { reason: before.reason }),
  };
};

/** Undefined for a verdict that no decision stands behind: nothing is said about practice. */
export const comparePractice = (
  verdict: Verdict,
  recorded: Recorded | undefined,
): PracticeComparison | undefined => {
  const now = recordOf(verdict);
  if (!now) return undefined;
  if (!recorded) return { state: 'not recorded' };
  const same = now.outcome === recorded.outcome && keyOf(now.decision) === keyOf(recorded.decision);
  return {
    state: same ? 'as recorded' : 'changed',
    recorded: `${recorded.client ? `${recorded.client}: ` : ''}${wordsOf(recorded.decision)}`,
    ...(recorded.reason && { reason: recorded.reason }),
  };
};

const keyOf = (decision: StableDecision): string =>
  JSON.stringify(Object.entries(decision).toSorted(([a], [b]) => (a < b ? -1 : 1)));

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
