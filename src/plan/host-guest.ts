/**
 * The host under test alone in a guest: its stack is a kernel of another version, and everything around it stays on the
 * machine's. The same lab as another plan: the guest is a daemon of the host, and what the test bed sets up of a host
 * is set up within by steps. Pure.
 */
import { stackParts } from '../stacks/index.ts';
import type {
  Plan,
  PlannedBuild,
  PlannedDaemon,
  PlannedInterface,
  PlannedNode,
  PlannedStep,
} from './plan.ts';

export interface HostGuest {
  /** As results name it. */
  kernel: string;
  /** What it runs on, short: 'TCG'. */
  product: string;
  /** What runs on the machine, given the host's links: it speaks as experiment/foreign-messages.ts says. */
  command(interfaces: PlannedInterface[]): string[];
  /** Lines of ip(8) that make the host's links of the guest's network cards, in a file of this path. */
  linksFile: string;
  /** The guest's own name of the network card of the link with this number, from 0. */
  card(number: number): string;
  /** The network namespace of the host within. */
  network: string;
  builds: PlannedBuild[];
  /** Longer than it takes to come up, in milliseconds. */
  bootMs: number;
  /** Of the kernel features that labs may need those that it lacks. */
  lacking: string[];
}

export const inGuest = (plan: Plan, guest: HostGuest): Plan => {
  const { node } = plan.host;
  const host = plan.nodes.find(({ name }) => name === node)!;
  const daemon = guestDaemon(host, plan, guest);
  return {
    ...plan,
    host: { ...plan.host, foreign: daemon.id, guest: guest.product },
    nodes: plan.nodes.map((one) => (one === host ? empty(host) : one)),
    daemons: [...plan.daemons, daemon],
    steps: [
      { kind: 'daemon', title: `boot ${guest.kernel} as ${node}`, action: 'start', daemon: daemon.id },
      ...setUp(host),
      ...plan.steps,
    ],
    builds: [
      ...guest.builds,
      ...plan.builds.filter(({ name }) => !guest.builds.some((own) => own.name === name)),
    ],
    // The guest has every user id, whatever the machine gives a lab.
    needs: plan.needs.filter(({ kind }) => kind !== 'ids'),
    unsupported: plan.unsupported ?? beyondGuest(plan, host, guest),
  };
};

const guestDaemon = (
  { name, interfaces }: PlannedNode,
  { links }: Plan,
  { command, linksFile, card, network, bootMs }: HostGuest,
): PlannedDaemon => ({
  id: `${name}.kernel`,
  node: name,
  program: 'guest',
  command: command(interfaces),
  files: {
    [linksFile]: interfaces
      .flatMap((own, number) => {
        const { mtu } = links.find((link) => link.name === own.link)!;
        return linkLines(own, mtu, number, card(number), network);
      })
      .join(''),
  },
  ready: { output: '^\\{"ready"', withinMs: bootMs },
  reload: 'restart',
  started: false,
  told: true,
});

/** A link is one end of a veth pair; the other, which takes carrier away, is bridged with the network card. */
const linkLines = (
  { name, index, mac }: PlannedInterface,
  mtu: number,
  number: number,
  card: string,
  network: string,
): string[] =>
  [
    `link add name ${name} index ${index} mtu ${mtu} address ${mac} netns ${network} type veth peer name port${index} mtu ${mtu}`,
    `link add name bridge${number} mtu ${mtu} type bridge mcast_snooping 0`,
    `link set dev ${card} mtu ${mtu} master bridge${number} up`,
    `link set dev port${index} master bridge${number}`,
    `link set dev bridge${number} up`,
  ].map((line) => `${line}\n`);

/** On the machine it keeps still: its links carry frames to the guest and back. */
const empty = (host: PlannedNode): PlannedNode => ({
  ...host,
  managed: true,
  sysctls: ['all', 'default', ...host.interfaces.map(({ name }) => name)].map((scope) => [
    `net.ipv6.conf.${scope}.disable_ipv6`,
    '1',
  ]),
  ip: [],
  nftables: '',
  tc: [],
});

/** In the order in which the test bed does it. */
const setUp = ({ name: node, at, interfaces, sysctls, ip, nftables, tc }: PlannedNode): PlannedStep[] => [
  { kind: 'sysctl', title: `set kernel parameters of ${node}`, node, sysctls, at },
  {
    kind: 'ip',
    title: `set up links, addresses and routes of ${node}`,
    node,
    lines: [
      'link set dev lo up',
      ...interfaces.map(({ name }) => `link set dev ${name} up`),
      ...interfaces.flatMap(({ name, addresses }) =>
        addresses.map((address) => `addr add ${address} dev ${name}`),
      ),
      ...ip,
    ],
    at,
  },
  ...(nftables
    ? [{ kind: 'nftables' as const, title: `set up nftables of ${node}`, node, ruleset: nftables, at }]
    : []),
  ...tc.map((line) => ({
    kind: 'run' as const,
    title: `tc ${line} on ${node}`,
    node,
    command: ['tc', ...line.split(/\s+/)],
    at,
  })),
];

const beyondGuest = (
  { stack, steps, daemons, needs }: Plan,
  { name, container, image, nftables }: PlannedNode,
  { kernel, lacking }: HostGuest,
): string | undefined => {
  if (stackParts(stack).stack !== 'kernel')
    return `the stack ${stack} works on the machine's kernel, and alone in a guest only the bare kernel does`;
  if (container ?? image) return 'a host in a guest has no user land or container of its own yet';
  const other = daemons.find((daemon) => daemon.node === name);
  if (other)
    return `the lab starts ${other.id}, which works on the machine's kernel and not on that of a guest`;
  // It may have the old ones in memory: 9p asks nobody whether they are the same.
  if (steps.some((step) => step.kind === 'files' && step.node === name))
    return 'the lab changes files of the host, which its guest does not see at once';
  const filters =
    nftables !== '' ||
    steps.some((step) => (step.kind === 'nftables' || step.kind === 'silence') && step.node === name);
  const needed = [
    ...(filters ? ['nftables'] : []),
    ...needs
      .filter(({ kind, for: user }) => kind === 'kernel' && user === 'the lab')
      .map((need) => need.name),
  ];
  const lacks = lacking.filter((feature) => needed.includes(feature));
  return lacks.length > 0 ? `${kernel} has no ${lacks.join(', ')}` : undefined;
};
