/** Lab → plan. Pure: the same lab gives the same plan on every machine. */
import { buildsFor, plannedBuild } from '../clients/index.ts';
import type { Lab } from '../lab/schema.ts';
import { stackNamed, stackParts } from '../stacks/index.ts';
import { beyondContainers } from './containers.ts';
import { planDaemons } from './daemons.ts';
import { beyondForeign } from './foreign.ts';
import { plannedImpairment } from './impairment.ts';
import { planNeeds } from './needs.ts';
import { planNode } from './nodes.ts';
import type { Plan, Position, Timers } from './plan.ts';
import { planned } from './plan-mistake.ts';
import { planStack } from './stack.ts';
import { planSteps } from './steps.ts';
import { makeTopology } from './topology.ts';

export interface PlanOptions {
  lab: string;
  variant: string;
  stack: string;
  timers: Timers;
  positionOf?: (path: (string | number)[]) => Position;
}

/** @throws PlanMistake for what the lab asks for and cannot be done */
export const makePlan = (stated: Lab, options: PlanOptions): Plan => {
  const timers = stated.timers ?? options.timers;
  const lab = { ...stated, timers };
  const topology = makeTopology(lab);
  const chosen = stackNamed(options.stack);
  const { image, clients } = stackParts(options.stack);
  const stack = planStack(chosen, image, lab, topology, timers);
  const { steps, responders, topologies } = planSteps({
    lab,
    topology,
    timers,
    positionOf: options.positionOf,
    onPlugIn: stack.onPlugIn,
    uptake: stack.uptake,
    settlesWithinMs: chosen.settlesWithinMs,
    clients,
  });
  const links = topology.links.map((link, index) => {
    const impair = lab.networks[link.name]?.impair;
    const ever = [link, ...topologies.map((changed) => changed.links[index]!)];
    return {
      ...link,
      ipv4: [...new Set(ever.flatMap(({ ipv4 }) => ipv4))],
      ipv6: [...new Set(ever.flatMap(({ ipv6 }) => ipv6))],
      ...(impair && { impair: plannedImpairment(impair) }),
    };
  });
  const plan: Plan = {
    format: 1,
    lab: options.lab,
    variant: options.variant,
    stack: options.stack,
    kernel: 'host',
    host: stack.host,
    timers,
    hashSeed: 1,
    links,
    nodes: topology.nodes.map((node) => ({
      ...stack.on(planned(['nodes', node.name], () => planNode(node, topology, lab, timers))),
      at: node.lab && options.positionOf?.(['nodes', node.name]),
    })),
    daemons: [...planDaemons(lab, topology), ...stack.daemons],
    responders,
    steps: [...stack.start, ...steps],
    builds: [...(chosen.build ? [plannedBuild(chosen.name, chosen.build)] : []), ...buildsFor(steps)],
    needs: [],
    unsupported: stack.unsupported,
  };
  plan.unsupported ??= beyondForeign(chosen, plan, stack.stated) ?? beyondContainers(plan);
  return { ...plan, needs: planNeeds(plan, chosen, lab.needs ?? []) };
};
