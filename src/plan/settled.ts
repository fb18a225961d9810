/** When a host has taken up all that its links offer: a default router for each that offers itself, an address of each prefix. Pure. */
import type { OtherHost, Router } from '../lab/schema.ts';
import { canonicalPrefix, milliseconds, prefixLength } from './addresses.ts';
import type { HostState } from './state.ts';
import { hostUnderTest, type Topology } from './topology.ts';

type Advertisement = NonNullable<Router['ra']>[string];

/** Of the given links of the host under test. A host whose parameters refuse advertisements needs its own settle. */
export const settledState = (topology: Topology, links: string[]): HostState => {
  const advertised = topology.nodes.flatMap((node) =>
    node.interfaces
      .filter(({ name }) => links.includes(name))
      .flatMap((planned) => {
        const ra = (node.lab as Router | OtherHost | undefined)?.ra?.[planned.name];
        return ra ? [{ planned, ra }] : [];
      }),
  );
  return {
    node: hostUnderTest(topology).name,
    defaultRouters: advertised
      .filter(({ ra }) => ra.lifetime === undefined || milliseconds(ra.lifetime) > 0)
      .map(({ planned }) => ({ interface: planned.name, addresses: [planned.linkLocal] })),
    addressesWithin: distinct(
      advertised.flatMap(({ planned, ra }) =>
        autonomousPrefixes(ra, topology.links.find(({ name }) => name === planned.link)!.ipv6).map(
          (prefix) => ({ interface: planned.name, prefix }),
        ),
      ),
    ),
    noDefaultRouters: [],
    addresses: hostAddresses(topology, links),
    noAddresses: [],
    deprecated: [],
    routes: [],
    noRoutes: [],
    neighbours: [],
    resolvers: [],
    logs: [],
    packets: [],
  };
};

/** SLAAC takes prefixes of 64 bits with the A flag and a lifetime (RFC 4862 section 5.5.3). */
const autonomousPrefixes = (ra: Advertisement, linkPrefixes: string[]): string[] =>
  Object.entries(ra.prefixes ?? Object.fromEntries(linkPrefixes.map((prefix) => [prefix, {}])))
    .filter(([prefix, option]) => {
      const { autonomous = true, 'valid-lifetime': valid = '1d' } = option as {
        autonomous?: boolean;
        'valid-lifetime'?: string;
      };
      return autonomous && prefixLength(prefix) === 64 && (valid === 'infinity' || milliseconds(valid) > 0);
    })
    .map(([prefix]) => canonicalPrefix(prefix));

/** Its static IPv6 addresses, which are tentative until the link has carrier. */
const hostAddresses = (topology: Topology, links: string[]): string[] =>
  hostUnderTest(topology)
    .interfaces.filter(({ name }) => links.includes(name))
    .flatMap(({ addresses }) => addresses.map((address) => address.split('/')[0]!));

const distinct = <T>(items: T[]): T[] => [
  ...new Map(items.map((item) => [JSON.stringify(item), item])).values(),
];
