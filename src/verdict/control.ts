import type { Decision } from '../decision/decision.ts';
import type { Expectation } from '../lab/schema.ts';
import { isWithin, seenOf } from './compare.ts';
import { branchesOf } from './judge.ts';
import type { Verdict } from './verdict.ts';

/**
 * Whether a control shows that the lab's expectation can fail: it comes out as it must, and otherwise than the
 * lab itself in something that its expectation names.
 */
export const judgeControl = (
  main: Decision[],
  control: Decision[],
  controlVerdicts: Verdict[],
  expect: Record<string, Expectation>,
): { ok: boolean; reason: string } => {
  const unmatched = controlVerdicts.find(({ matches }) => matches !== true);
  if (unmatched) return { ok: false, reason: `${unmatched.probe} of the control: ${unmatched.reason}` };
  const same = Object.entries(expect).find(
    ([probe, expectation]) => !differs(main, control, probe, expectation),
  );
  if (!same)
    return { ok: true, reason: `the control came out differently: ${Object.keys(expect).join(', ')}` };
  return {
    ok: false,
    reason: `${same[0]} came out the same in the control: ${membersOf(same[1]).join(', ')}`,
  };
};

const differs = (main: Decision[], control: Decision[], probe: string, expectation: Expectation): boolean => {
  const [before, after] = [main, control].map((decisions) => decisions.find((one) => one.probe === probe));
  if (!before || !after) return false;
  // Two measured times are never equal: what tells is whether the lab itself keeps the control's bounds.
  const outages = branchesOf(expectation).flatMap(({ outage }) => outage ?? []);
  if (outages.length > 0 && outages.every((bounds) => !isWithin(before.outageMs, bounds))) return true;
  return membersOf(expectation)
    .filter((member) => member !== 'outage')
    .some((member) => JSON.stringify(seenOf(before, member)) !== JSON.stringify(seenOf(after, member)));
};

const membersOf = (expectation: Expectation) => [
  ...new Set(branchesOf(expectation).flatMap((branch) => Object.keys(branch) as (keyof typeof branch)[])),
];
