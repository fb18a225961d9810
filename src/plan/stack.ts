/** The stack of the host under test as part of a plan: its files, daemons and steps, and what it cannot do. Pure. */
import type { HostUnderTest, Lab, Route } from '../lab/schema.ts';
import type { Stack } from '../stacks/stack.ts';
import { familyOf } from './addresses.ts';
import { IN_CONTAINER } from './containers.ts';
import { unlearnable } from './name-servers.ts';
import { plannedContainer, type StaticRoute, staticRoute } from './nodes.ts';
import { autonomousPrefixes, leasesOn, offersOn } from './offers.ts';
import type { PlannedContainer, PlannedHost, PlannedNode, PlannedStep, Timers } from './plan.ts';
import type { Uptake } from './settled.ts';
import { hostUnderTest, type Topology, type TopologyNode } from './topology.ts';

export const planStack = (
  stack: Stack,
  image: string | undefined,
  lab: Lab,
  topology: Topology,
  timers: Timers,
) => {
  const host = hostUnderTest(topology);
  const { name: node, interfaces } = host;
  const stated = host.lab as HostUnderTest;
  const routes = (stated.routes ?? []).map((route) => {
    const planned = staticRoute(route, host, topology);
    return { ...planned, link: route.link ?? linkTowards(planned.via, host, topology) };
  });
  const links = interfaces.map((planned) => ({
    interface: planned,
    offers: offersOn(topology, planned.link),
    routes: routes.filter(({ link }) => link === planned.name),
  }));
  const linkNamed = (name: string) => links.find((link) => link.interface.name === name)!;
  const container = plannedContainer(stated.container);
  const userLand = container ? undefined : (image ?? stated.image);
  const {
    files,
    sysctls,
    daemons,
    onPlugIn,
    settled,
    knowsRouter,
    nameServers = { from: [], shown: 'last' },
    unsupported,
  } = stack.plan({ lab, timers, host: node, image: userLand, links });
  const watched: PlannedHost = {
    node,
    version: stack.version,
    resolverFile: stack.resolverFile,
    resolver: resolverOf(stack),
    ...(stack.foreign && { foreign: daemons![0]!.id }),
  };
  const uptake: Uptake = {
    clients: stack.clients,
    ignoresAdvertisements: stack.ignoresAdvertisements,
    routesEveryLease: stack.routesEveryLease,
    nameServers,
    said: (link, offers) => settled?.({ ...linkNamed(link), offers }) ?? [],
    knows: (link, router) => knowsRouter?.(linkNamed(link), router),
  };
  // An init starts them itself.
  const started = container?.init ? [] : (daemons ?? []);
  return {
    stated,
    host: watched,
    uptake,
    daemons: started.map((daemon) => ({ ...daemon, started: false })),
    start: started
      .filter(({ started }) => started)
      .map(({ id }): PlannedStep => ({ kind: 'daemon', title: `start ${id}`, action: 'start', daemon: id })),
    onPlugIn: (link: string): PlannedStep[] => onPlugIn?.(linkNamed(link)) ?? [],
    /** What the lab says of the host's parameters stands over what the stack sets. */
    on: (planned: PlannedNode): PlannedNode => {
      if (planned.name !== node) return planned;
      return {
        ...planned,
        image: userLand,
        managed: stack.managesLinks,
        files: {
          ...(userLand || container ? ofUserLand(planned, stated) : planned.files),
          ...files,
          // Who writes one by hand writes it over what a package has put there.
          ...(stated.resolver && { '/etc/resolv.conf': planned.files['/etc/resolv.conf']! }),
        },
        sysctls: [...(sysctls ?? []), ...planned.sysctls],
      };
    },
    unsupported:
      unsupported ??
      otherFiles(stack, image, container) ??
      (container?.init && (onPlugIn || settled) ? startedByMiflab(stack) : undefined) ??
      unmanageable(stack, stated, routes) ??
      ignoredAdvertisements(stack, topology, routes, lab) ??
      lackingClient(stack, topology) ??
      unlearnable(stack.name, nameServers, lab, topology),
  };
};

/** A foreign stack without programs has nobody who could resolve a name. */
const resolverOf = ({ resolver, foreign }: Stack): string =>
  resolver ?? (foreign && !foreign.runs ? 'none' : 'glibc');

/** The link of a next hop that the lab gives as an address, or as the name of a node. */
const linkTowards = (
  via: string | undefined,
  { interfaces }: TopologyNode,
  topology: Topology,
): string | undefined =>
  via === undefined
    ? undefined
    : interfaces.find((own) =>
        topology.nodes.some(({ interfaces: others }) =>
          others.some(
            ({ link, linkLocal, addresses }) =>
              link === own.link &&
              [linkLocal, ...addresses.map((address) => address.split('/')[0])].includes(via),
          ),
        ),
      )?.name;

/** The name of a stack says in whose files it runs: stack@container where the lab has its host in one. */
const otherFiles = (
  { name }: Stack,
  image: string | undefined,
  container: PlannedContainer | undefined,
): string | undefined => {
  if (container && image !== undefined && image !== IN_CONTAINER)
    return `the host lives in the container ${container.image}, not in the user land ${image}: the stack there is ${name}@${IN_CONTAINER}`;
  return image === IN_CONTAINER && !container ? 'the host lives in no container' : undefined;
};

const startedByMiflab = ({ name }: Stack): string =>
  `miflab starts ${name} link by link, and in this container only its own init starts programs`;

/** What a lab may state of the host only where the test bed sets up its links. */
const KERNEL_ONLY = ['link-local', 'rules', 'labels', 'ip'] as const;

/** A manager is handed addresses and routes, and nothing else: it would remove some of it, and not know the rest. */
const unmanageable = (
  { managesLinks, name }: Stack,
  stated: HostUnderTest,
  routes: Partial<Route>[],
): string | undefined => {
  if (!managesLinks) return undefined;
  const field = KERNEL_ONLY.find((key) => stated[key] !== undefined);
  if (field)
    return `the lab states ${field} of the host, which ${name} is not handed: it manages the links itself`;
  return routes.some(({ link, from }) => link === undefined || from !== undefined)
    ? `the lab states a route without a link, or for one source, which ${name} is not handed`
    : undefined;
};

/** A user land has its own name service and resolver defaults: of these only what the lab states replaces them. */
const ofUserLand = (
  { files }: PlannedNode,
  { resolver, 'gai-conf': gaiConf }: HostUnderTest,
): PlannedNode['files'] => {
  const own = [
    '/etc/nsswitch.conf',
    ...(resolver ? [] : ['/etc/resolv.conf']),
    ...(gaiConf ? [] : ['/etc/gai.conf']),
  ];
  return Object.fromEntries(Object.entries(files).filter(([path]) => !own.includes(path)));
};

/** A link whose advertisements bring IPv6 addresses, or the router, to a stack that takes none. */
const ignoredAdvertisements = (
  { name, ignoresAdvertisements }: Stack,
  topology: Topology,
  routes: StaticRoute[],
  { experiment }: Lab,
): string | undefined => {
  if (!ignoresAdvertisements) return undefined;
  if (experiment.some(({ send }) => send?.['router-advertisement']))
    return `the ${name} stack takes no router advertisements, and the lab sends one`;
  const hasRouter = routes.some(({ to }) => to === '::/0');
  const lacking = hostUnderTest(topology)
    .interfaces.filter(({ link }) => offersOn(topology, link).ra.length > 0)
    .find(({ addresses }) => !hasRouter || !addresses.some((address) => familyOf(address) === 'ipv6'));
  return (
    lacking &&
    `the ${name} stack takes no router advertisements, and the host has IPv6 on ${lacking.name} by nothing else`
  );
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
