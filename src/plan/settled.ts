/** When a host has taken up all that its links offer: a default router for each that offers itself, an address of each prefix, a lease. Pure. */
import type { NameServers } from '../stacks/stack.ts';
import { milliseconds } from './addresses.ts';
import { shownServers } from './name-servers.ts';
import { autonomousPrefixes, leasesOn, offersOn } from './offers.ts';
import { anyState, type HostState } from './state.ts';
import { hostUnderTest, type Topology } from './topology.ts';

/** What a stack takes up besides router advertisements, and how one knows that it has. */
export interface Uptake {
  clients: ('dhcpv4' | 'dhcpv6')[];
  nameServers: NameServers;
  said(link: string): HostState['said'];
}

/** Of the given links of the host under test. A host whose parameters refuse advertisements needs its own settle. */
export const settledState = (
  topology: Topology,
  links: string[],
  { clients, nameServers, said }: Uptake,
): HostState => {
  const host = hostUnderTest(topology);
  const plugged = host.interfaces
    .filter(({ name }) => links.includes(name))
    .map((planned) => ({
      planned,
      offers: offersOn(topology, planned.link),
      link: topology.links.find(({ name }) => name === planned.link)!,
    }));
  return {
    ...anyState(host.name),
    defaultRouters: plugged.flatMap(({ planned, offers }) =>
      offers.ra
        .filter(({ service: { lifetime } }) => lifetime === undefined || milliseconds(lifetime) > 0)
        .map((router) => ({
          interface: planned.name,
          addresses: [router.interface.linkLocal],
          router: router.node,
        })),
    ),
    addressesWithin: plugged.flatMap(({ planned, offers, link }) =>
      autonomousPrefixes(offers, link).map((prefix) => ({ interface: planned.name, prefix })),
    ),
    leases: plugged
      .flatMap(({ planned, offers, link }) => leasesOn(offers, planned, host.name, link))
      .filter(({ protocol }) => clients.includes(protocol)),
    resolvers: plugged.flatMap(({ offers }) => shownServers(nameServers, offers, topology)),
    said: plugged.flatMap(({ planned }) => said(planned.name)),
    // Static IPv6 addresses are tentative until the link has carrier.
    addresses: plugged.flatMap(({ planned }) => planned.addresses.map((address) => address.split('/')[0]!)),
  };
};
