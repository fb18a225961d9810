/** From a measurement to verdicts: decisions read, judged, held against the lab's control and the recorded practice. */
import { decide } from '../decision/decide.ts';
import type { Decision } from '../decision/decision.ts';
import { judgeControl } from '../verdict/control.ts';
import { judge } from '../verdict/judge.ts';
import { compareOrders } from '../verdict/order.ts';
import { comparePractice, type Practice } from '../verdict/practice.ts';
import { stableDecision, wordsOf } from '../verdict/stable.ts';
import type { Verdict } from '../verdict/verdict.ts';
import type { OrderFinding, PracticeFinding, RunRecord } from './results.ts';
import type { Assessment, Laboratory, Run } from './run.ts';

const STATES = { expected: 'not recorded', new: 'not recorded', recorded: 'as recorded', changed: 'changed' } as const;

/** Remembers the decisions of each lab, so that a control can be held against them whichever is measured first. */
export const makeAssess = (practiceOf: (stack: string) => Practice): Laboratory['assess'] => {
  const labs = new Map<string, Decision[]>();
  const controls = new Map<string, { run: Run; decisions: Decision[] }[]>();
  return (run, { timeline }): Assessment => {
    const { info, plan, lab } = run;
    const key = `${info.lab} ${info.stack}`;
    const decisions = decide(plan, timeline);
    if (info.kind === 'control') {
      controls.set(key, [...(controls.get(key) ?? []), { run, decisions }]);
      return { verdicts: controlVerdicts(run, decisions, labs.get(key)), practice: [] };
    }
    if (!labs.has(key)) labs.set(key, decisions);
    const verdicts = judge(plan, decisions, lab.expect, lab.level);
    const recorded = practiceOf(info.stack)[info.lab]?.[info.variant];
    return {
      verdicts: [...verdicts, ...sameAsControl(controls.get(key) ?? [], decisions)],
      practice: verdicts.flatMap((verdict): PracticeFinding[] => {
        const found = comparePractice(verdict, recorded?.[verdict.probe]);
        return found ? [{ probe: verdict.probe, state: STATES[found.state], recorded: found.recorded, reason: found.reason }] : [];
      }),
    };
  };
};

/** A control must come out as it says, whatever the RFC leaves open, and otherwise than the lab. */
const controlVerdicts = ({ plan, lab }: Run, decisions: Decision[], main: Decision[] | undefined): Verdict[] => {
  const verdicts = judge(plan, decisions, lab.expect, 'must');
  if (!main || verdicts.some(({ outcome }) => outcome !== 'conforms')) return verdicts;
  const { ok, reason } = judgeControl(main, decisions, verdicts, lab.expect);
  return ok ? verdicts : verdicts.map((verdict) => ({ ...verdict, outcome: 'deviates', reason }));
};

const sameAsControl = (controls: { run: Run; decisions: Decision[] }[], main: Decision[]): Verdict[] =>
  controls.flatMap(({ run, decisions }) => {
    const verdicts = judge(run.plan, decisions, run.lab.expect, 'must');
    if (verdicts.some(({ outcome }) => outcome !== 'conforms')) return [];
    const { ok, reason } = judgeControl(main, decisions, verdicts, run.lab.expect);
    return ok ? [] : [{ probe: run.info.variant, outcome: 'deviates' as const, reason }];
  });

/** What the orders of each any-order lab came to. */
export const ordersOf = (records: RunRecord[]): OrderFinding[] => {
  const groups = new Map<string, RunRecord[]>();
  for (const record of records.filter(({ kind }) => kind === 'order')) {
    const key = `${record.lab} ${record.stack}`;
    groups.set(key, [...(groups.get(key) ?? []), record]);
  }
  return [...groups.values()].flatMap((group): OrderFinding[] => {
    const runs = group.map((record) => ({ variant: record.variant, decisions: decisionsOf(record) }));
    const compared = compareOrders(runs);
    if (!compared) return [];
    const { lab, stack } = group[0]!;
    const outcomes = runs.map(({ variant, decisions }) => ({ variant, decisions: decisions.map((decision) => wordsOf(stableDecision(decision))).join('; ') }));
    return [{ lab, stack, dependent: compared.dependent, outcomes }];
  });
};

const decisionsOf = ({ attempts, decisive }: RunRecord): Decision[] =>
  attempts[decisive]!.result.verdicts.flatMap(({ decision }) => (decision ? [decision] : []));

/** Which packets show a decision, for the reader of the capture: packet number to comment. */
export const packetComments = (run: Run, timeline: Parameters<typeof decide>[1]): Map<number, string> =>
  new Map(decide(run.plan, timeline).flatMap(({ probe, packets }) => packets.map((number) => [number, `probe ${probe}`] as const)));
