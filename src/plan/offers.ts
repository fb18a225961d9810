/** What the nodes on a link offer to a host there. Pure. */
import type { DhcpV4, DhcpV6, OtherHost, Router, RouterAdvertisement } from '../lab/schema.ts';
import { idOn } from '../services/index.ts';
import { canonicalPrefix, milliseconds, nth, prefixLength } from './addresses.ts';
import type { PlannedInterface, PlannedLink } from './plan.ts';
import type { HostState } from './state.ts';
import type { Topology } from './topology.ts';

export interface LinkOffers {
  ra: Offer<RouterAdvertisement>[];
  dhcpv4: Offer<DhcpV4>[];
  dhcpv6: Offer<DhcpV6>[];
}

/** One node's service and the interface it serves on. */
interface Offer<Service> {
  node: string;
  interface: PlannedInterface;
  service: Service;
}

/** The daemons that were ended and the nodes that were silenced: they offer nothing any more. */
export type Quiet = ReadonlySet<string>;

export const offersOn = ({ nodes }: Topology, link: string, quiet: Quiet = new Set()): LinkOffers => {
  const of = <Kind extends keyof LinkOffers>(kind: Kind): LinkOffers[Kind] =>
    nodes.flatMap((node) =>
      node.interfaces
        .filter((planned) => planned.link === link && !quiet.has(node.name))
        .flatMap((planned) => {
          const services = (node.lab as Router | OtherHost | undefined)?.[kind];
          const service = services?.[planned.name];
          return service && !quiet.has(idOn(`${node.name}.${kind}`, services, planned.name))
            ? [{ node: node.name, interface: planned, service }]
            : [];
        }),
    ) as LinkOffers[Kind];
  return { ra: of('ra'), dhcpv4: of('dhcpv4'), dhcpv6: of('dhcpv6') };
};

/** What advertisements tell a host to ask of DHCPv6 (RFC 4861 section 4.2): M addresses, O other information. */
export const dhcpV6Wanted = ({ ra }: LinkOffers): 'addresses' | 'information' | undefined => {
  if (ra.some(({ service }) => service.managed)) return 'addresses';
  return ra.some(({ service }) => service['other-config']) ? 'information' : undefined;
};

/** The ways in which a network names DNS servers: in a lease, in stateless DHCPv6 (RFC 8415 section 18.2.6), in RFC 8106. */
export type NameServerSource = 'dhcpv4' | 'dhcpv6' | 'information' | 'rdnss';

/** Every naming of DNS servers on a link, in the words of the lab: names of nodes, or addresses. */
export const nameServersOn = (offers: LinkOffers): { by: NameServerSource; servers: string[] }[] => {
  const wanted = dhcpV6Wanted(offers);
  return [
    ...offers.dhcpv4.map(({ service }) => ({ by: 'dhcpv4' as const, servers: service.dns ?? [] })),
    ...(wanted
      ? offers.dhcpv6.map(({ service }) => ({
          by: wanted === 'addresses' && !service.stateless ? ('dhcpv6' as const) : ('information' as const),
          servers: service.dns ?? [],
        }))
      : []),
    ...offers.ra.map(({ service }) => ({ by: 'rdnss' as const, servers: service.rdnss?.servers ?? [] })),
  ].filter(({ servers }) => servers.length > 0);
};

/** The prefixes advertised for SLAAC: of 64 bits, with the A flag and a lifetime (RFC 4862 section 5.5.3). */
export const autonomousPrefixes = ({ ra }: LinkOffers, { ipv6 }: Pick<PlannedLink, 'ipv6'>): string[] => {
  const advertised = ra.flatMap(({ service }) =>
    Object.entries(service.prefixes ?? Object.fromEntries(ipv6.map((prefix) => [prefix, undefined]))),
  );
  const taken = advertised.filter(([prefix, option]) => {
    const { autonomous = true, 'valid-lifetime': valid = '1d' } = option ?? {};
    return autonomous && prefixLength(prefix) === 64 && (valid === 'infinity' || milliseconds(valid) > 0);
  });
  return [...new Set(taken.map(([prefix]) => canonicalPrefix(prefix)))];
};

/** First and last address of a DHCP pool on a link. */
export const poolOf = (
  { range }: Pick<DhcpV4 | DhcpV6, 'range'>,
  family: 'ipv4' | 'ipv6',
  link: Pick<PlannedLink, 'ipv4' | 'ipv6'>,
): [first: string, last: string] => {
  if (range) return range;
  const prefix = link[family][0]!;
  return family === 'ipv4'
    ? [nth(prefix, 100), nth(prefix, 199)]
    : [nth(prefix, 0x1000), nth(prefix, 0x1fff)];
};

/** The leases that a host with a client for both protocols takes on a link: one of each, from whichever server. */
export const leasesOn = (
  offers: LinkOffers,
  host: PlannedInterface,
  hostName: string,
  link: PlannedLink,
): HostState['leases'] => {
  const ipv4 = offers.dhcpv4.map(({ service }): [string, string] => {
    const fixed = service.hosts?.[hostName];
    return fixed ? [fixed, fixed] : poolOf(service, 'ipv4', link);
  });
  const ipv6 =
    dhcpV6Wanted(offers) === 'addresses'
      ? offers.dhcpv6
          .filter(({ service }) => !service.stateless)
          .map(({ service }) => poolOf(service, 'ipv6', link))
      : [];
  const lease = (protocol: 'dhcpv4' | 'dhcpv6', ranges: [string, string][]) =>
    ranges.length > 0 ? [{ interface: host.name, protocol, ranges }] : [];
  return [...lease('dhcpv4', ipv4), ...lease('dhcpv6', ipv6)];
};
