/** What was decided, in words that are the same in every run: for comparing. Pure. */
import { stableDecision, wordsOf } from '../verdict/stable.ts';
import type { RunRecord } from './results.ts';

/** Undefined where a run came to no decision. */
export function decidedIn({ outcome, attempts, decisive }: RunRecord): string | undefined {
  if (outcome === 'unsupported' || outcome === 'inconclusive') return undefined;
  return attempts[decisive]!.result.verdicts.flatMap(({ probe, decision }) =>
    decision ? [`${probe} ${wordsOf(stableDecision(decision))}`] : [],
  ).join('; ');
}
