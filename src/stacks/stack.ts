import type { Lab } from '../lab/schema.ts';
import type { PlannedDaemon, PlannedStep } from '../plan/plan.ts';
import type { TopologyNode } from '../plan/topology.ts';

/** What is under test on the host. A file per stack. */
export interface Stack {
  name: string;
  description: string;
  /** What it adds to the plan of a lab: its daemons, and what starts when a link gets carrier. */
  plan(lab: Lab, host: TopologyNode): { daemons: PlannedDaemon[]; onPlugIn(link: string): PlannedStep[] };
}
