/** The lines of JSON between the orchestrator and the process that runs one lab in its sandbox. */
import type { KeeperAnswer } from '../containers/messages.ts';
import type { TimelineEvent } from '../evidence/timeline.ts';
import type { Plan } from '../plan/plan.ts';
import type { Failure } from '../verdict/verdict.ts';

/** To the lab process, the first line of its standard input; the end of that input ends the lab. */
export interface LabOrder {
  plan: Plan;
  /** Stay up before the first probe, for `miflab up`: the mark by which others find the lab. */
  keep: string | false;
}

/** The lines after it: what becomes of its containers, and a question that it answers at once. */
export type LabInput = KeeperAnswer | { kind: 'are-you-there' };

/** From the lab process. */
export type LabMessage =
  | { kind: 'began'; epochMs: number }
  | { kind: 'event'; event: TimelineEvent }
  /** The network of a host is there, and its container may be made. */
  | { kind: 'container'; node: string }
  | { kind: 'kept' }
  /** The answer to are-you-there. */
  | { kind: 'here' }
  | { kind: 'failure'; failure: Failure }
  | { kind: 'end' };
