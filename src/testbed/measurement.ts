import type { TimelineEvent } from '../evidence/timeline.ts';
import type { Plan } from '../plan/plan.ts';
import type { Failure } from '../verdict/verdict.ts';

/** What one run of a plan leaves behind. */
export interface Measurement {
  /** Ordered by time. */
  timeline: TimelineEvent[];
  /** Why the measurement is not whole; what was measured before is in the timeline all the same. */
  failure?: Failure;
  /**
   * Milliseconds: from the call to the end; to the moment the network was ready; of virtual time. In virtual time all
   * is told at the end, and no moment of the machine's own time is known.
   */
  timing: { total: number; ready?: number; virtual?: number };
  /** The beginning of the timeline in milliseconds since 1970. */
  epochMs: number;
  /** Daemon configurations as they were written: path to text. */
  files: Record<string, string>;
  /** What the console of a guest said that died under the lab. */
  console?: string;
}

export interface MeasureOptions {
  /** Called with every event as it is known, for progress. */
  onEvent?: (event: TimelineEvent) => void;
  /** Ends the lab at once. */
  signal?: AbortSignal;
}

export type Measure = (plan: Plan, options: MeasureOptions) => Promise<Measurement>;

/** What a run leaves behind that was never made. */
export const unmeasured = (failure: Failure): Measurement => ({
  timeline: [],
  failure,
  epochMs: Date.now(),
  timing: { total: 0 },
  files: {},
});
