/** The lines of JSON between the orchestrator and the process that runs one lab in its sandbox. */
import type { TimelineEvent } from '../evidence/timeline.ts';
import type { Plan } from '../plan/plan.ts';
import type { Failure } from '../verdict/verdict.ts';

/** To the lab process, the first line of its standard input; the end of that input ends the lab. */
export interface LabOrder {
  plan: Plan;
  /** Stay up before the first probe, for `miflab up`: the mark by which others find the lab. */
  keep: string | false;
}

/** From the lab process. */
export type LabMessage =
  | { kind: 'began'; epochMs: number }
  | { kind: 'event'; event: TimelineEvent }
  | { kind: 'kept' }
  | { kind: 'failure'; failure: Failure }
  | { kind: 'end' };
