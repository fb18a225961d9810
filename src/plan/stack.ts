/** The stack of the host under test as part of a plan: its files, daemons and steps, and what it cannot do. Pure. */
import type { HostUnderTest, Lab } from '../lab/schema.ts';
import type { Stack } from '../stacks/stack.ts';
import { autonomousPrefixes, leasesOn, offersOn } from './offers.ts';
import type { PlannedHost, PlannedNode, PlannedStep, Timers } from './plan.ts';
import type { Uptake } from './settled.ts';
import { hostUnderTest, type Topology } from './topology.ts';

export const planStack = (
  stack: Stack,
  image: string | undefined,
  lab: Lab,
  topology: Topology,
  timers: Timers,
) => {
  const { name: node, interfaces } = hostUnderTest(topology);
  const links = interfaces.map((planned) => ({
    interface: planned,
    offers: offersOn(topology, planned.link),
  }));
  const linkNamed = (name: string) => links.find((link) => link.interface.name === name)!;
  const { files, sysctls, daemons, onPlugIn, settled } = stack.plan({ lab, timers, host: node, links });
  const host: PlannedHost = { node, version: stack.version, resolverFile: stack.resolverFile };
  const uptake: Uptake = {
    clients: stack.clients,
    said: (link) => settled?.(linkNamed(link)) ?? [],
  };
  return {
    host,
    uptake,
    daemons: (daemons ?? []).map((daemon) => ({ ...daemon, started: false })),
    start: (daemons ?? [])
      .filter(({ started }) => started)
      .map(({ id }): PlannedStep => ({ kind: 'daemon', title: `start ${id}`, action: 'start', daemon: id })),
    onPlugIn: (link: string): PlannedStep[] => onPlugIn?.(linkNamed(link)) ?? [],
    /** What the lab says of the host's parameters stands over what the stack sets. */
    on: (planned: PlannedNode): PlannedNode => {
      if (planned.name !== node) return planned;
      const userLand = image ?? planned.image;
      return {
        ...planned,
        image: userLand,
        files: { ...(userLand ? ofUserLand(planned, lab) : planned.files), ...files },
        sysctls: [...(sysctls ?? []), ...planned.sysctls],
      };
    },
    unsupported: lackingClient(stack, topology),
  };
};

/** A user land has its own name service and resolver defaults: of these only what the lab states replaces them. */
const ofUserLand = ({ name, files }: PlannedNode, lab: Lab): PlannedNode['files'] => {
  const { resolver, 'gai-conf': gaiConf } = lab.nodes[name] as HostUnderTest;
  const own = [
    '/etc/nsswitch.conf',
    ...(resolver ? [] : ['/etc/resolv.conf']),
    ...(gaiConf ? [] : ['/etc/gai.conf']),
  ];
  return Object.fromEntries(Object.entries(files).filter(([path]) => !own.includes(path)));
};

/** A link that offers addresses by nothing but a protocol which the stack does not speak. */
const lackingClient = (stack: Stack, topology: Topology): string | undefined => {
  const host = hostUnderTest(topology);
  const lacking = host.interfaces.flatMap((planned) => {
    const link = topology.links.find(({ name }) => name === planned.link)!;
    const offers = offersOn(topology, planned.link);
    const leases = leasesOn(offers, planned, host.name, link);
    const isReached =
      planned.addresses.length > 0 ||
      autonomousPrefixes(offers, link).length > 0 ||
      leases.some(({ protocol }) => stack.clients.includes(protocol));
    return isReached ? [] : leases;
  });
  const [first] = lacking;
  if (!first) return undefined;
  const protocol = { dhcpv4: 'DHCPv4', dhcpv6: 'DHCPv6' }[first.protocol];
  return `the ${stack.name} stack has no ${protocol} client, and ${first.interface} offers addresses by nothing else`;
};
