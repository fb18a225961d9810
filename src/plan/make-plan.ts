/** Lab → plan. Pure: the same lab gives the same plan on every machine. */
import type { Lab } from '../lab/schema.ts';
import { stackNamed } from '../stacks/index.ts';
import { planDaemons } from './daemons.ts';
import { planNeeds } from './needs.ts';
import { planNode } from './nodes.ts';
import type { Plan, Timers } from './plan.ts';
import { plannedImpairment, planSteps } from './steps.ts';
import { hostUnderTest, makeTopology } from './topology.ts';

export interface PlanOptions {
  lab: string;
  variant: string;
  stack: string;
  timers: Timers;
  positionOf?: (path: (string | number)[]) => { line: number; column: number };
}

export const makePlan = (lab: Lab, options: PlanOptions): Plan => {
  const topology = makeTopology(lab);
  const timers = lab.timers ?? options.timers;
  const stack = stackNamed(options.stack).plan(lab, hostUnderTest(topology));
  const { steps, responders } = planSteps({
    lab,
    topology,
    timers,
    positionOf: options.positionOf,
    onPlugIn: stack.onPlugIn,
  });
  const links = topology.links.map((link) => {
    const impair = lab.networks[link.name]?.impair;
    return impair ? { ...link, impair: plannedImpairment(impair) } : link;
  });
  const plan: Plan = {
    format: 1,
    lab: options.lab,
    variant: options.variant,
    stack: options.stack,
    timers,
    links,
    nodes: topology.nodes.map((node) => planNode(node, topology, lab, timers)),
    daemons: [...planDaemons(lab, topology), ...stack.daemons],
    responders,
    steps,
    needs: [],
  };
  return { ...plan, needs: planNeeds(plan, lab.needs ?? []) };
};
