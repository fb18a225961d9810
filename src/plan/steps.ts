/** The steps of a lab → steps in addresses, interfaces and daemons. Pure. */
import { applyChange } from '../lab/change.ts';
import { Lab, type State, type Step } from '../lab/schema.ts';
import { canonical, canonicalPrefix, milliseconds } from './addresses.ts';
import { askedByStack } from './default-client.ts';
import { differences } from './differences.ts';
import { frameOf } from './frames.ts';
import { plannedImpairment } from './impairment.ts';
import { serverAddress } from './name-servers.ts';
import type { Quiet } from './offers.ts';
import type { PlannedInterface, PlannedStep, Responder, Timers } from './plan.ts';
import { planned } from './plan-mistake.ts';
import { planProbe } from './probes.ts';
import { resolveReferences } from './references.ts';
import { addressedState, asKnown, settledState, type Uptake } from './settled.ts';
import { anyState, bothStates, type HostState } from './state.ts';
import { addressOfNode, hostUnderTest, makeTopology, nodeNamed, type Topology } from './topology.ts';

/**
 * Where much else holds the kernel's lock on links (RTNL), the duplicate address detection of all namespaces stands
 * still: an address was not usable after 10 s on a machine where others made and removed a thousand hosts.
 */
const WAIT_MS: Record<Timers, number> = { fast: 30_000, real: 60_000, virtual: 60_000 };

export interface StepContext {
  lab: Lab;
  topology: Topology;
  timers: Timers;
  positionOf?: (path: (string | number)[]) => { line: number; column: number };
  /** Starts what a stack starts when a link of the host gets carrier. */
  onPlugIn: (link: string) => PlannedStep[];
  uptake: Uptake;
  /** Of a stack that takes longer than others. */
  settlesWithinMs?: number;
  /** The clients of the stack: they ask where a probe names none. */
  clients: string[];
}

export interface PlannedSteps {
  steps: PlannedStep[];
  responders: Responder[];
  /** What each change step makes of the lab's networks. */
  topologies: Topology[];
}

export const planSteps = (context: StepContext): PlannedSteps => {
  const responders: Responder[] = [];
  const plugged = new Set<string>();
  const quiet = new Set<string>();
  const topologies: Topology[] = [];
  const { timers, uptake } = context;
  let { lab, topology } = context;
  let probes = 0;
  const one = (step: Step): PlannedStep[] => {
    noteQuiet(step, quiet);
    if (step['plug-in']) {
      const links = step['plug-in'] as string[];
      for (const link of links) plugged.add(link);
      return links.flatMap((link) => [carrier(topology, [link], true), ...context.onPlugIn(link)]);
    }
    if (step.unplug) {
      for (const link of step.unplug) plugged.delete(link);
      return [carrier(topology, step.unplug, false)];
    }
    if (step.settle) {
      const state =
        step.settle === true
          ? settledState(topology, [...plugged], uptake, quiet)
          : settling(step.settle, topology, uptake, quiet);
      return [
        { kind: 'wait', title: 'settle', state, settle: true, withinMs: withinOf(step.settle, context) },
      ];
    }
    if (step.after) return [{ kind: 'after', title: `after ${step.after}`, ms: milliseconds(step.after) }];
    if (step.wait)
      return [
        {
          kind: 'wait',
          title: `wait for ${Object.keys(step.wait)
            .filter((key) => key !== 'within')
            .join(', ')}`,
          state: hostState(step.wait, topology, uptake, quiet),
          settle: false,
          withinMs: withinOf(step.wait, context),
        },
      ];
    for (const action of ['start', 'stop', 'kill'] as const)
      if (step[action])
        return step[action].map((daemon) => ({
          kind: 'daemon',
          title: `${action} ${daemon}`,
          action,
          daemon,
        }));
    if (step.change) {
      const before = lab;
      lab = Lab.parse(applyChange(lab, step.change));
      topology = makeTopology(lab);
      topologies.push(topology);
      return differences(before, lab, timers, `change ${Object.keys(step.change).join(', ')}`);
    }
    if (step.send) {
      const frame = frameContext(step.send, topology);
      return [
        {
          kind: 'send',
          title: `send from ${step.send.node}`,
          node: step.send.node,
          interface: step.send.link,
          frame: Buffer.from(frameOf(step.send, frame)).toString('hex'),
          hostAddress: frame.host.linkLocal,
        },
      ];
    }
    if (step.probe)
      return Object.entries(step.probe).map(([name, probe]) => {
        const planned = planProbe(name, askedByStack(probe, context.clients), probes++, topology, timers);
        responders.push(...planned.responders);
        return { kind: 'probe', title: `probe ${name}`, probe: planned.probe };
      });
    return nodeSteps(step, topology);
  };
  const steps = context.lab.experiment.flatMap((step, index) => {
    const path = ['experiment', index];
    const at = context.positionOf?.(path);
    return planned(path, () => one(step)).map((each) => ({ ...each, at }));
  });
  return { steps, responders, topologies };
};

/** A router that is silent only for neighbours, or forwards no more, offers on. */
const noteQuiet = ({ stop, kill, start, silence, speak }: Step, quiet: Set<string>): void => {
  const silent = Object.entries(silence ?? {});
  for (const name of [...(start ?? []), ...(speak ?? []), ...silent.map(([node]) => node)])
    quiet.delete(name);
  for (const name of [...(stop ?? []), ...(kill ?? [])]) quiet.add(name);
  for (const [node, mode] of silent) if (mode === 'all') quiet.add(node);
};

/** Steps that name nodes or links and say what to do there. */
const nodeSteps = (step: Step, topology: Topology): PlannedStep[] => [
  ...Object.entries(step.ip ?? {}).map(
    ([node, lines]): PlannedStep => ({
      kind: 'ip',
      title: `ip on ${node}`,
      node,
      lines: lines.map((line) => resolveReferences(line, topology)),
    }),
  ),
  ...Object.entries(step.sysctl ?? {}).map(
    ([node, values]): PlannedStep => ({
      kind: 'sysctl',
      title: `sysctl on ${node}`,
      node,
      sysctls: Object.entries(values).map(([key, value]) => [key, String(value)]),
    }),
  ),
  ...Object.entries(step.nftables ?? {}).map(
    ([node, ruleset]): PlannedStep => ({
      kind: 'nftables',
      title: `nftables on ${node}`,
      node,
      ruleset: resolveReferences(ruleset, topology),
    }),
  ),
  ...Object.entries(step.run ?? {}).map(
    ([node, command]): PlannedStep => ({ kind: 'run', title: `run ${command[0]} on ${node}`, node, command }),
  ),
  ...Object.entries(step.silence ?? {}).map(
    ([node, mode]): PlannedStep => ({ kind: 'silence', title: `silence ${node}: ${mode}`, node, mode }),
  ),
  ...(step.speak ?? []).map(
    (node): PlannedStep => ({ kind: 'silence', title: `${node} speaks again`, node, mode: 'none' }),
  ),
  ...Object.entries(step.impair ?? {}).map(
    ([link, impair]): PlannedStep => ({
      kind: 'impair',
      title: `impair ${link}`,
      link,
      impair: plannedImpairment(impair),
    }),
  ),
];

const isPrefix = (text: string): boolean => text.includes('/');

const canonicalText = (text: string): string => (isPrefix(text) ? canonicalPrefix(text) : canonical(text));

const withinOf = (state: true | State, { timers, settlesWithinMs = 0 }: StepContext): number =>
  state !== true && state.within ? milliseconds(state.within) : Math.max(WAIT_MS[timers], settlesWithinMs);

const carrier = (topology: Topology, links: string[], up: boolean): PlannedStep => {
  const host = hostUnderTest(topology);
  const interfaces = links.map((link) => host.interfaces.find(({ name }) => name === link)!);
  return {
    kind: 'carrier',
    title: `${up ? 'plug in' : 'unplug'} ${links.join(', ')}`,
    interfaces: interfaces.map(({ name, port }) => ({ node: host.name, name, port: port.name })),
    up,
  };
};

/** The ways in which a host can reach a router on the links they share: its link-local and its IPv4 addresses there. */
const firstHops = (
  router: string,
  topology: Topology,
): { interface: string; addresses: string[]; router: string }[] => {
  const host = hostUnderTest(topology);
  return host.interfaces.flatMap(({ name, link }) => {
    const there = nodeNamed(topology, router)?.interfaces.find((other) => other.link === link);
    return there
      ? [
          {
            interface: name,
            addresses: [there.linkLocal, ...there.addresses.map((a) => a.split('/')[0]!)],
            router,
          },
        ]
      : [];
  });
};

const hostState = (state: State, topology: Topology, uptake: Uptake, quiet: Quiet): HostState => {
  const neighbour = state.neighbour;
  return bothStates(addressedState(topology, state.addresses ?? [], uptake, quiet), {
    ...anyState(hostUnderTest(topology).name),
    addressesWithin: (state.address ?? [])
      .filter(isPrefix)
      .map((prefix) => ({ prefix: canonicalPrefix(prefix) })),
    defaultRouters: (state['default-routers'] ?? []).flatMap((router) => firstHops(router, topology)),
    noDefaultRouters: (state['no-default-routers'] ?? []).flatMap((router) => firstHops(router, topology)),
    addresses: (state.address ?? []).filter((address) => !isPrefix(address)).map(canonical),
    noAddresses: (state['no-address'] ?? []).map(canonicalText),
    deprecated: (state.deprecated ?? []).map(canonicalText),
    temporary: state.temporary ?? [],
    routes: state.routes ?? [],
    noRoutes: state['no-routes'] ?? [],
    neighbours: neighbour
      ? firstHops(neighbour.node, topology)
          .filter((hop) => hop.interface === neighbour.link)
          .map((hop) => ({ ...hop, state: neighbour.state }))
      : [],
    resolvers: (state.resolver ?? []).flatMap((server) => serverAddress(server, topology)),
    logs: state.log ? [state.log] : [],
    packets: state.packet
      ? [{ link: state.packet.link, node: state.packet.from, kind: state.packet.kind }]
      : [],
  });
};

/** A host that knows its routers has settled once the addresses that come with them are usable too. */
const settling = (state: State, topology: Topology, uptake: Uptake, quiet: Quiet): HostState => {
  const stated = hostState(state, topology, uptake, quiet);
  const links = stated.defaultRouters.map((hop) => hop.interface);
  return bothStates(
    { ...stated, defaultRouters: asKnown(stated.defaultRouters, uptake) },
    addressedState(topology, links, uptake, quiet),
  );
};

const frameContext = (packet: NonNullable<Step['send']>, topology: Topology) => {
  const on = (node: string): PlannedInterface => {
    const planned = nodeNamed(topology, node)?.interfaces.find(({ name }) => name === packet.link);
    if (!planned) throw new Error(`${node} is not on ${packet.link}`);
    return planned;
  };
  return {
    sender: on(packet.node),
    host: on(hostUnderTest(topology).name),
    linkLocalOf: (node: string) => on(node).linkLocal,
    addressOf: (node: string) => addressOfNode(nodeNamed(topology, node)!, 'ipv6')!,
    macOf: (node: string) => on(node).mac,
  };
};
