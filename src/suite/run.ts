import type { Decision } from '../decision/decision.ts';
import type { Lab } from '../lab/schema.ts';
import type { Plan } from '../plan/plan.ts';
import type { Measure, Measurement } from '../testbed/measurement.ts';
import type { Verdict } from '../verdict/verdict.ts';
import type { PracticeFinding, RunInfo } from './results.ts';

/** One run to make: a lab, one of its orders or one of its controls, on one stack. */
export interface Run {
  info: RunInfo;
  /** The lab as this run has it, its control's change and expectation included. */
  lab: Lab;
  plan: Plan;
}

/** What a suite needs from the rest of miflab to make a run. */
export interface Laboratory {
  measure: Measure;
  /** Pure: what the measurement says about the run's expectations; for a control besides what was decided in the lab itself. */
  assess(run: Run, measurement: Measurement, reference?: Decision[]): Assessment;
  /** Keeps the evidence in a folder, which it makes. */
  store(folder: string, run: Run, measurement: Measurement, verdicts: Verdict[]): Promise<void>;
}

export interface Assessment {
  verdicts: Verdict[];
  practice: PracticeFinding[];
  /** What the stack did to the lab: took away what it relies on, or fell silent; a sentence each. */
  findings?: string[];
}
