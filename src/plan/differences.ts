/** A `change` step: what differs between the lab before and after it, as steps. Pure. */
import type { Lab } from '../lab/schema.ts';
import { planDaemons } from './daemons.ts';
import { plannedImpairment } from './impairment.ts';
import { planNode } from './nodes.ts';
import { FABRIC, type PlannedNode, type PlannedStep, type Timers } from './plan.ts';
import { makeTopology, type Topology, type TopologyNode } from './topology.ts';

interface State {
  lab: Lab;
  topology: Topology;
}

/** Throws a sentence where the change asks for what cannot be done to a network that runs. */
export const differences = (before: Lab, after: Lab, timers: Timers, title: string): PlannedStep[] => {
  const old = { lab: before, topology: makeTopology(before) };
  const next = { lab: after, topology: makeTopology(after) };
  if (JSON.stringify(shapeOf(old.topology)) !== JSON.stringify(shapeOf(next.topology)))
    throw new Error(
      `${title}: a change step adds and removes no network, node, link or MAC address; unplug and plug-in do`,
    );
  const nodes = next.topology.nodes.flatMap((node, index) =>
    nodeDifferences(
      planNode(old.topology.nodes[index]!, old.topology, before, timers),
      planNode(node, next.topology, after, timers),
      title,
    ),
  );
  return [...linkDifferences(old, next, title), ...nodes, ...daemonDifferences(old, next, title)];
};

/** What a change must leave as it is. */
const shapeOf = ({ links, nodes }: Topology) => [
  links.map(({ name }) => name),
  nodes.map(({ name, role, interfaces }: TopologyNode) => [
    name,
    role,
    interfaces.map(({ name: own, link, index, mac }) => [own, link, index, mac]),
  ]),
];

const linkDifferences = (old: State, next: State, title: string): PlannedStep[] =>
  next.topology.links.flatMap((link, index): PlannedStep[] => {
    const { name, mtu } = link;
    const impair = next.lab.networks[name]?.impair ?? {};
    const sameImpairment = isSame(old.lab.networks[name]?.impair ?? {}, impair);
    return [
      ...(old.topology.links[index]!.mtu === mtu ? [] : mtuSteps(next.topology, link, title)),
      ...(sameImpairment
        ? []
        : [{ kind: 'impair', title, link: name, impair: plannedImpairment(impair) } as const]),
    ];
  });

/** A bridge has the least MTU of its ports, so these are told too. */
const mtuSteps = (
  { nodes }: Topology,
  { name, mtu }: Topology['links'][number],
  title: string,
): PlannedStep[] => {
  const ends = nodes.flatMap((node) =>
    node.interfaces.filter(({ link }) => link === name).map((own) => ({ node: node.name, own })),
  );
  const set = (device: string) => `link set dev ${device} mtu ${mtu}`;
  return [
    { kind: 'ip', title, node: FABRIC, lines: ends.map(({ own }) => set(own.port.name)) },
    ...ends.map(({ node, own }): PlannedStep => ({ kind: 'ip', title, node, lines: [set(own.name)] })),
  ];
};

const nodeDifferences = (before: PlannedNode, after: PlannedNode, title: string): PlannedStep[] => {
  const node = after.name;
  if (!isSame(before.tc, after.tc)) throw new Error(`${title}: tc of ${node} is changed by a run step`);
  const lines = lineDifferences(before, after);
  const sysctls = sysctlDifferences(before, after);
  const files = Object.entries(after.files).filter(([path, file]) => !isSame(before.files[path], file));
  return [
    ...(sysctls.length > 0 ? [{ kind: 'sysctl', title, node, sysctls } as const] : []),
    ...(lines.length > 0 ? [{ kind: 'ip', title, node, lines } as const] : []),
    ...(before.nftables === after.nftables
      ? []
      : [{ kind: 'nftables', title, node, ruleset: replaced(before.nftables, after.nftables) } as const]),
    ...(files.length > 0 ? [{ kind: 'files', title, node, files: Object.fromEntries(files) } as const] : []),
  ];
};

/** Null: what it was before the lab set it. */
const sysctlDifferences = (before: PlannedNode, after: PlannedNode): [string, string | null][] => {
  const [old, next] = [new Map(before.sysctls), new Map(after.sysctls)];
  return [
    ...[...old.keys()].filter((key) => !next.has(key)).map((key): [string, null] => [key, null]),
    ...[...next].filter(([key, value]) => old.get(key) !== value),
  ];
};

/** What rests on something is taken off before it, and put on after it. */
const lineDifferences = (before: PlannedNode, after: PlannedNode): string[] => {
  const [oldAddresses, newAddresses] = [addressLines(before), addressLines(after)];
  // The kernel drops IPv4 routes with the last address of their link: they are put on again.
  const moved = isSame(oldAddresses.filter(isIpv4), newAddresses.filter(isIpv4))
    ? () => false
    : (line: string) => /^(-4 )?route /.test(line) && isIpv4(line);
  const gone = (old: string[], next: string[]) => old.filter((line) => !next.includes(line) || moved(line));
  return [
    ...gone(before.ip, after.ip).reverse().map(undone),
    ...gone(oldAddresses, newAddresses).map(undone),
    ...gone(newAddresses, oldAddresses),
    ...gone(after.ip, before.ip),
  ];
};

const addressLines = ({ interfaces }: PlannedNode): string[] =>
  interfaces.flatMap(({ name, addresses }) => addresses.map((address) => `addr add ${address} dev ${name}`));

const isIpv4 = (line: string): boolean => !line.includes(':');

/** `route append X` and `addr add X` are undone by `del` of the same words. */
const undone = (line: string): string => {
  const undo = line.replace(/^(-[46] )?(\w+) (?:add|append|replace) /, '$1$2 del ');
  if (undo === line)
    throw new Error(`"ip ${line}" has no opposite that a change step could take: say it in an ip step`);
  return undo;
};

/** The tables of the ruleset before make room for those after; a table that is there twice is emptied by `add`, `delete`. */
const replaced = (before: string, after: string): string => {
  const tables = [
    ...before.matchAll(/^\s*(?:add\s+)?table\s+((?:ip6?|inet|arp|bridge|netdev)\s+)?([\w-]+)/gm),
  ];
  const names = new Set(tables.map(([, family, name]) => `${family ?? ''}${name}`));
  return [...names]
    .map((name) => `table ${name}\ndelete table ${name}`)
    .concat(after)
    .join('\n');
};

const daemonDifferences = (old: State, next: State, title: string): PlannedStep[] => {
  const [before, after] = [old, next].map(({ lab, topology }) => planDaemons(lab, topology)) as [
    ReturnType<typeof planDaemons>,
    ReturnType<typeof planDaemons>,
  ];
  const changed = after.filter(
    (daemon) =>
      !isSame(
        before.find(({ id }) => id === daemon.id),
        daemon,
      ),
  );
  const gone = before.filter(({ id }) => !after.some((daemon) => daemon.id === id));
  return [
    ...gone.map(({ id }): PlannedStep => ({ kind: 'daemon', title, action: 'stop', daemon: id })),
    ...changed.map((daemon): PlannedStep => ({ kind: 'reconfigure', title, daemon })),
  ];
};

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
