/** A running lab: its plan, its timeline, and the parts that steps work with. */
import type { Host } from '../experiment/host.ts';
import type { Plan, PlannedNode } from '../plan/plan.ts';
import type { Capture } from './capture.ts';
import type { Daemons } from './daemons.ts';
import type { Recorder } from './recorder.ts';
import type { Originals } from './sysctls.ts';

export interface RunningLab {
  plan: Plan;
  recorder: Recorder;
  capture: Capture;
  daemons: Daemons;
  host: Host;
  /** What was there before the lab was built. */
  before: { sysctls: Originals };
}

export const plannedNode = (plan: Plan, name: string): PlannedNode =>
  plan.nodes.find((node) => node.name === name)!;
