/** When a host has taken up all that its links offer: a default router for each that offers itself, an address of each prefix, a lease. Pure. */
import type { NameServers } from '../stacks/stack.ts';
import { milliseconds } from './addresses.ts';
import { serverAddress, shownServers, toldServers } from './name-servers.ts';
import { autonomousPrefixes, type LinkOffers, leasesOn, offersOn, type Quiet } from './offers.ts';
import type { PlannedInterface } from './plan.ts';
import { anyState, bothStates, type HostState } from './state.ts';
import { hostUnderTest, type Topology } from './topology.ts';

/** What a stack takes up besides router advertisements, and how one knows that it has. */
export interface Uptake {
  clients: ('dhcpv4' | 'dhcpv6')[];
  ignoresAdvertisements?: true;
  routesEveryLease?: true;
  nameServers: NameServers;
  said(link: string, offers: LinkOffers): HostState['said'];
  /** What it says once it knows a router whose route it may not keep. */
  knows(link: string, router: string): HostState['said'][number] | undefined;
}

/** Of the given links of the host under test. A host whose parameters refuse advertisements needs its own settle. */
export const settledState = (
  topology: Topology,
  links: string[],
  uptake: Uptake,
  quiet: Quiet,
): HostState => {
  const plugged = pluggedLinks(topology, links, uptake, quiet);
  return bothStates(addressedState(topology, links, uptake, quiet), {
    ...anyState(hostUnderTest(topology).name),
    defaultRouters: plugged.flatMap(({ planned, offers }) => advertisedRouters(planned, offers, uptake)),
    // Static IPv6 addresses are tentative until the link has carrier.
    addresses: plugged.flatMap(({ planned }) => planned.addresses.map((address) => address.split('/')[0]!)),
  });
};

/** What the host takes up of its links with the addresses that are offered there. */
export const addressedState = (
  topology: Topology,
  links: string[],
  uptake: Uptake,
  quiet: Quiet,
): HostState => {
  const { clients, routesEveryLease, nameServers, said } = uptake;
  const host = hostUnderTest(topology);
  const plugged = pluggedLinks(topology, links, uptake, quiet);
  const routing = routesEveryLease ? plugged : [];
  return {
    ...anyState(host.name),
    defaultRouters: routing.flatMap(({ planned, offers }) => leasedRouters(planned, offers, topology)),
    routes: routing.flatMap(({ offers }) => leasedRoutes(offers)),
    addressesWithin: plugged.flatMap(({ planned, offers, link }) =>
      autonomousPrefixes(offers, link).map((prefix) => ({ interface: planned.name, prefix })),
    ),
    leases: plugged
      .flatMap(({ planned, offers, link }) => leasesOn(offers, planned, host.name, link))
      .filter(({ protocol }) => clients.includes(protocol)),
    resolvers: plugged.flatMap(({ offers }) => shownServers(nameServers, offers, topology)),
    said: plugged.flatMap(({ planned, offers }) => [
      ...said(planned.name, offers),
      ...toldServers(nameServers, offers, topology),
    ]),
  };
};

/** Advertisements that are ignored announce no DHCPv6 either. */
const pluggedLinks = (topology: Topology, links: string[], { ignoresAdvertisements }: Uptake, quiet: Quiet) =>
  hostUnderTest(topology)
    .interfaces.filter(({ name }) => links.includes(name))
    .map((planned) => ({
      planned,
      offers: { ...offersOn(topology, planned.link, quiet), ...(ignoresAdvertisements && { ra: [] }) },
      link: topology.links.find(({ name }) => name === planned.link)!,
    }));

const advertisedRouters = (
  { name }: PlannedInterface,
  { ra }: LinkOffers,
  uptake: Uptake,
): HostState['defaultRouters'] => {
  const routers = ra.filter(
    ({ service: { lifetime } }) => lifetime === undefined || milliseconds(lifetime) > 0,
  );
  const stated = routers.map(({ node, interface: { linkLocal } }) => ({
    interface: name,
    addresses: [linkLocal],
    router: node,
  }));
  return asKnown(stated, uptake);
};

/** A router that the stack knows has been taken up, whether or not it keeps its route. */
export const asKnown = (
  routers: HostState['defaultRouters'],
  { knows }: Uptake,
): HostState['defaultRouters'] =>
  routers.map((router) => {
    const linkLocal = router.addresses.find((address) => address.startsWith('fe80:'));
    const known = linkLocal ? knows(router.interface, linkLocal) : undefined;
    return known ? { ...router, known } : router;
  });

/** Of one server, as long as no other may have given the lease. */
const leasedRoutes = ({ dhcpv4 }: LinkOffers): string[] =>
  dhcpv4.length === 1 ? Object.keys(dhcpv4[0]!.service.routes ?? {}) : [];

/** The router that the lease names, of whichever server; none where classless routes replace it (RFC 3442). */
const leasedRouters = (
  { name }: PlannedInterface,
  { dhcpv4 }: LinkOffers,
  topology: Topology,
): HostState['defaultRouters'] => {
  if (dhcpv4.length === 0 || dhcpv4.some(({ service }) => service.router === 'none' || service.routes))
    return [];
  const addresses = dhcpv4.flatMap(({ node, service: { router = node } }) =>
    serverAddress(router, topology, 'dhcpv4'),
  );
  return [{ interface: name, addresses }];
};
