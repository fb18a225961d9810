/**
 * What was decided, in words that are the same in every run: for comparing. Pure. The wire's word alone: what the host
 * says otherwise is a finding beside it, and in a guest, where it is asked later, may be another one.
 */
import { stableDecision, wordsOf } from '../verdict/stable.ts';
import type { RunRecord } from './results.ts';

/** Undefined where a run came to no decision. */
export function decidedIn({ outcome, attempts, decisive }: RunRecord): string | undefined {
  if (outcome === 'unsupported' || outcome === 'inconclusive') return undefined;
  return attempts[decisive]!.result.verdicts.flatMap(({ probe, decision }) =>
    decision ? [`${probe} ${wordsOf(stableDecision({ ...decision, contradictions: [] }))}`] : [],
  ).join('; ');
}
