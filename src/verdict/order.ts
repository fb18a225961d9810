import type { Decision } from '../decision/decision.ts';
import { stableDecision, wordsOf } from './stable.ts';

/** Whether the decisions of an any-order lab depend on the order; undefined where fewer than two orders were clear. */
export const compareOrders = (
  runs: { variant: string; decisions: Decision[] }[],
): { dependent: boolean; sentence: string } | undefined => {
  const clear = runs.filter(
    ({ decisions }) => decisions.length > 0 && decisions.every(({ unclear }) => !unclear),
  );
  if (clear.length < 2) return undefined;
  const came = clear.map(({ variant, decisions }) => ({
    variant,
    words: decisions.map((decision) => `${decision.probe}: ${wordsOf(stableDecision(decision))}`).join('; '),
  }));
  const dependent = new Set(came.map(({ words }) => words)).size > 1;
  const sentence = dependent
    ? `the decision depends on the order: ${came.map(({ variant, words }) => `${variant} → ${words}`).join(' | ')}`
    : `the decision is the same in ${clear.length} of ${runs.length} orders: ${came[0]!.words}`;
  return { dependent, sentence };
};
