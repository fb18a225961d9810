/** From a measurement to what it says: decisions read, judged, and compared with the practice of the stack. Pure. */
import { decide } from '../decision/decide.ts';
import type { Decision } from '../decision/decision.ts';
import { rewrittenOf } from '../decision/rewritten.ts';
import { silentStack } from '../decision/silent-stack.ts';
import type { Measurement } from '../testbed/measurement.ts';
import { judgeControl } from '../verdict/control.ts';
import { judge } from '../verdict/judge.ts';
import { comparePractice, type Practice } from '../verdict/practice.ts';
import type { Verdict } from '../verdict/verdict.ts';
import type { PracticeFinding } from './results.ts';
import type { Assessment, Laboratory, Run } from './run.ts';

/** `reference`: what was decided in the lab that a control must differ from. */
export const makeAssess =
  (practiceOf: (stack: string, release: string) => Practice): Laboratory['assess'] =>
  (run, measurement, reference): Assessment => {
    const { info, plan, lab } = run;
    const { failure } = measurement;
    if (failure?.kind === 'machine') {
      const verdicts: Verdict[] = [{ probe: '', outcome: 'unsupported', reason: failure.message }];
      return { verdicts, practice: [] };
    }
    const findings = [...rewrittenOf(plan, measurement.timeline), ...silentStack(plan, measurement.timeline)];
    if (info.kind === 'control')
      return { verdicts: controlVerdicts(run, measurement, reference), practice: [], findings };
    const verdicts = judge(plan, decide(plan, measurement.timeline), lab.expect, lab.level);
    const recorded = practiceOf(info.stack, info.release)[info.lab]?.[info.variant];
    return {
      verdicts,
      practice: verdicts.flatMap((verdict) => practiceFinding(verdict, recorded)),
      findings,
    };
  };

/** A control must come out as it says, even where the RFC leaves it open, and otherwise than its lab. */
function controlVerdicts({ plan, lab }: Run, { timeline }: Measurement, reference?: Decision[]): Verdict[] {
  const decisions = decide(plan, timeline);
  const verdicts = judge(plan, decisions, lab.expect, 'must');
  const conforms = verdicts.every(({ outcome }) => outcome === 'conforms');
  if (!reference || !conforms) return verdicts;
  const { ok, reason } = judgeControl(reference, decisions, verdicts, lab.expect);
  return ok ? verdicts : [...verdicts, { probe: '', outcome: 'deviates', reason }];
}

function practiceFinding(
  verdict: Verdict,
  recorded: Practice[string][string] | undefined,
): PracticeFinding[] {
  const compared = comparePractice(verdict, recorded?.[verdict.probe]);
  return compared ? [{ probe: verdict.probe, ...compared }] : [];
}
