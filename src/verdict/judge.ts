import type { Decision } from '../decision/decision.ts';
import type { Expectation, ExpectedDecision, Lab } from '../lab/schema.ts';
import type { Plan } from '../plan/plan.ts';
import { type Comparison, compare } from './compare.ts';
import type { Outcome, Verdict } from './verdict.ts';

/** One verdict per expectation (docs/verdicts.md). */
export const judge = (
  plan: Plan,
  decisions: Decision[],
  expect: Record<string, Expectation>,
  level: Lab['level'],
): Verdict[] =>
  Object.entries(expect).map(([probe, expectation]) => {
    const decision = decisions.find((one) => one.probe === probe);
    if (!decision)
      return { probe, outcome: 'inconclusive', reason: 'the probe was never asked: the lab ended before it' };
    if (decision.unclear)
      return {
        probe,
        outcome: 'inconclusive',
        reason: `${decision.unclear}${packetsText(decision)}`,
        decision,
      };
    return judgeOne(plan, decision, branchesOf(expectation), level);
  });

export const branchesOf = (expectation: Expectation): ExpectedDecision[] =>
  'one-of' in expectation ? (expectation['one-of'] as ExpectedDecision[]) : [expectation];

const judgeOne = (
  plan: Plan,
  decision: Decision,
  branches: ExpectedDecision[],
  level: Lab['level'],
): Verdict => {
  const comparisons = branches.map((branch) => compare(plan, decision, branch));
  const branch = comparisons.find((members) => members.every(({ matches }) => matches));
  const expected = comparisons.map((members) => wordsOf(members, 'expected')).join(', or ');
  const seen = wordsOf(branch ?? distinct(comparisons.flat()), 'seen');
  const wrong = (branch ?? distinct(comparisons.flat())).filter(({ matches }) => !matches);
  const reason = branch
    ? `as expected, saw ${seen}`
    : `expected ${branches.length > 1 ? expected : wordsOf(wrong, 'expected')}, saw ${wordsOf(wrong, 'seen')}`;
  return {
    probe: decision.probe,
    outcome: outcomeOf(branch !== undefined, level),
    reason: `${reason}${packetsText(decision)}`,
    expected,
    seen,
    matches: branch !== undefined,
    decision,
  };
};

/** Where no RFC decides, nothing conforms or deviates; what an RFC only allows may be left undone. */
const outcomeOf = (matches: boolean, level: Lab['level']): Outcome => {
  if (level === 'none') return 'permitted';
  if (matches) return 'conforms';
  return level === 'may' ? 'permitted' : 'deviates';
};

/** Each member once: as a branch that it does not match has it, if any. */
const distinct = (comparisons: Comparison[]): Comparison[] =>
  comparisons.filter((one) => {
    const same = comparisons.filter(({ member }) => member === one.member);
    return one === (same.find(({ matches }) => !matches) ?? same[0]);
  });

const wordsOf = (members: Comparison[], which: 'expected' | 'seen'): string =>
  members.map((one) => `${one.member} ${one[which]}`).join(', ');

const packetsText = ({ packets }: Decision): string =>
  packets.length === 0 ? '' : `: ${packets.length === 1 ? 'packet' : 'packets'} ${packets.join(', ')}`;
