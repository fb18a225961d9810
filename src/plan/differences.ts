/** A `change` step: what differs between the lab before and after it, as steps. Pure. */
import type { Lab } from '../lab/schema.ts';
import { planDaemons } from './daemons.ts';
import { planNode } from './nodes.ts';
import type { PlannedNode, PlannedStep } from './plan.ts';
import type { StepContext } from './steps.ts';
import { makeTopology } from './topology.ts';

export const differences = (
  before: Lab,
  after: Lab,
  { timers }: StepContext,
  title: string,
): PlannedStep[] => {
  const old = { topology: makeTopology(before), daemons: planDaemons(before, makeTopology(before)) };
  const next = { topology: makeTopology(after), daemons: planDaemons(after, makeTopology(after)) };
  const nodes = next.topology.nodes.flatMap((node): PlannedStep[] => {
    const oldNode = old.topology.nodes.find(({ name }) => name === node.name);
    return oldNode
      ? nodeDifferences(
          planNode(oldNode, old.topology, before, timers),
          planNode(node, next.topology, after, timers),
          title,
        )
      : [];
  });
  const daemons = next.daemons.flatMap((daemon): PlannedStep[] => {
    const same = old.daemons.find(({ id }) => id === daemon.id);
    return JSON.stringify(same) === JSON.stringify(daemon) ? [] : [{ kind: 'reconfigure', title, daemon }];
  });
  const gone = old.daemons.filter(({ id }) => !next.daemons.some((daemon) => daemon.id === id));
  return [
    ...nodes,
    ...daemons,
    ...gone.map(({ id }): PlannedStep => ({ kind: 'daemon', title, action: 'stop', daemon: id })),
  ];
};

const nodeDifferences = (before: PlannedNode, after: PlannedNode, title: string): PlannedStep[] => {
  const addresses = (node: PlannedNode) =>
    node.interfaces.flatMap(({ name, addresses: own }) =>
      own.map((address) => `addr add ${address} dev ${name}`),
    );
  const linesBefore = [...addresses(before), ...before.ip];
  const linesAfter = [...addresses(after), ...after.ip];
  const lines = [
    ...linesBefore.filter((line) => !linesAfter.includes(line)).map(undo),
    ...linesAfter.filter((line) => !linesBefore.includes(line)),
  ];
  const sysctls = after.sysctls.filter(
    ([key, value]) => !before.sysctls.some(([oldKey, oldValue]) => oldKey === key && oldValue === value),
  );
  return [
    ...(lines.length > 0 ? [{ kind: 'ip', title, node: after.name, lines } as const] : []),
    ...(sysctls.length > 0 ? [{ kind: 'sysctl', title, node: after.name, sysctls } as const] : []),
    ...(before.nftables !== after.nftables
      ? [{ kind: 'nftables', title, node: after.name, ruleset: `flush ruleset\n${after.nftables}` } as const]
      : []),
  ];
};

/** `route append X` and `addr add X` are undone by `del` of the same words. */
const undo = (line: string): string => line.replace(/^(-[46] )?(\w+) (?:add|append|replace) /, '$1$2 del ');
