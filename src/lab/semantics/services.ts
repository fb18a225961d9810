/** What daemons are asked to serve, against the links they serve it on. Pure. */
import { dnsmasqDhcpLimits } from '../../services/dnsmasq.ts';
import { dnsmasqDnsLimits } from '../../services/dnsmasq-dns.ts';
import { unboundLimits } from '../../services/unbound.ts';
import { compareAddresses, contains, type Family } from '../addresses.ts';
import { linkServices, linksOf, prefixesOf, servicesOf } from '../parts.ts';
import { isMap, type Path, type Problem } from '../problem.ts';
import type { Lab, Node } from '../schema.ts';
import { withoutAddress } from './addressees.ts';

const families = { ra: 'ipv6', dhcpv4: 'ipv4', dhcpv6: 'ipv6' } as const;

const labels = { ra: 'router advertisements', dhcpv4: 'DHCPv4', dhcpv6: 'DHCPv6' } as const;

export const serviceProblems = (lab: Lab): Problem[] =>
  Object.entries(lab.nodes).flatMap(([name, node]) => {
    const path = ['nodes', name];
    return [
      ...familyProblems(node, path, lab),
      ...rangeProblems(node, path, lab),
      ...leaseProblems(node, path, lab),
      ...addresseeProblems(node, path, lab),
      ...textProblems(node, path),
      ...dhcpProblems(node, path),
      ...dnsProblems(node, path),
    ];
  });

const familyProblems = (node: Node, path: Path, lab: Lab): Problem[] =>
  linkServices.flatMap((service) =>
    Object.keys(servicesOf(node)[service] ?? {})
      .filter((link) => Object.hasOwn(lab.networks, link) && !lab.networks[link]![families[service]])
      .map((link) => ({
        path: [...path, service, link],
        atKey: true,
        message: `${labels[service]} on ${link}, a network without ${families[service]}`,
        expected: `${families[service]}: PREFIX in network ${link}`,
        about: [link],
      })),
  );

const rangeProblems = (node: Node, path: Path, lab: Lab): Problem[] =>
  (['dhcpv4', 'dhcpv6'] as const).flatMap((service) =>
    Object.entries(servicesOf(node)[service] ?? {}).flatMap(([link, { range }]) =>
      range ? rangeProblem(range, [...path, service, link, 'range'], link, lab, families[service]) : [],
    ),
  );

function rangeProblem(
  [first, last]: [string, string],
  path: Path,
  link: string,
  lab: Lab,
  family: Family,
): Problem[] {
  const prefixes = prefixesOf(lab.networks[link], family);
  if (prefixes.length === 0) return [];
  const about = [link];
  const home = prefixes.find((prefix) => contains(prefix, first));
  if (!home) {
    const expected = `an address in ${prefixes.join(' or ')}`;
    return [{ path: [...path, 0], message: `${first} is outside the prefixes of ${link}`, expected, about }];
  }
  if (!contains(home, last)) return [{ path: [...path, 1], message: `${last} is outside ${home}`, about }];
  if (compareAddresses(first, last) <= 0) return [];
  return [{ path: [...path, 1], message: `the range ends before it begins, at ${first}` }];
}

/** Kea's own words are JSON. */
const textProblems = (node: Node, path: Path): Problem[] =>
  (['dhcpv4', 'dhcpv6'] as const).flatMap((service) =>
    Object.entries(servicesOf(node)[service] ?? {})
      .filter(([, { daemon, text }]) => daemon === 'kea' && text !== undefined && !isJsonObject(text))
      .map(([link]) => ({
        path: [...path, service, link, 'text'],
        message: 'Kea is configured in JSON, and this is no JSON object',
        expected: '{ "renew-timer": 10 }',
      })),
  );

function isJsonObject(text: string): boolean {
  try {
    return isMap(JSON.parse(text));
  } catch {
    return false;
  }
}

const dhcpProblems = (node: Node, path: Path): Problem[] =>
  (['dhcpv4', 'dhcpv6'] as const).flatMap((service) =>
    Object.entries(servicesOf(node)[service] ?? {})
      .filter(([, { daemon = 'dnsmasq' }]) => daemon === 'dnsmasq')
      .flatMap(([link, dhcp]) =>
        dnsmasqDhcpLimits(dhcp).map(({ path: own, message }) => ({
          path: [...path, service, link, ...own],
          message,
        })),
      ),
  );

/** What the daemon cannot say or do. */
function dnsProblems({ dns }: Node, path: Path): Problem[] {
  if (!dns) return [];
  const limits = dns.daemon === 'dnsmasq' ? dnsmasqDnsLimits(dns) : unboundLimits(dns);
  return limits.map((limit) => ({ ...limit, path: [...path, 'dns', ...limit.path], atKey: true }));
}

/** A fixed lease goes to a MAC address on the link. */
const leaseProblems = (node: Node, path: Path, lab: Lab): Problem[] =>
  Object.entries(servicesOf(node).dhcpv4 ?? {}).flatMap(([link, { hosts }]) =>
    Object.keys(hosts ?? {})
      .filter((client) => Object.hasOwn(lab.nodes, client) && !linksOf(lab.nodes[client]!).includes(link))
      .map((client) => ({
        path: [...path, 'dhcpv4', link, 'hosts', client],
        atKey: true,
        message: `${client} has no link ${link}`,
        about: [client, link],
      })),
  );

/** Nodes that stand for addresses in what is advertised. */
function addresseeProblems(node: Node, path: Path, lab: Lab): Problem[] {
  const { ra = {}, dhcpv4 = {}, dhcpv6 = {} } = servicesOf(node);
  const each = (names: string[] | undefined, family: Family | undefined, place: Path) =>
    (names ?? []).flatMap((name, index) => withoutAddress(lab, name, family, [...place, index]));
  return [
    ...Object.entries(ra).flatMap(([link, { rdnss }]) =>
      each(rdnss?.servers, 'ipv6', [...path, 'ra', link, 'rdnss', 'servers']),
    ),
    ...Object.entries(dhcpv4).flatMap(([link, { router, dns, routes = {} }]) => [
      ...withoutAddress(lab, router, 'ipv4', [...path, 'dhcpv4', link, 'router']),
      ...each(dns, 'ipv4', [...path, 'dhcpv4', link, 'dns']),
      ...Object.entries(routes).flatMap(([prefix, hop]) =>
        withoutAddress(lab, hop, 'ipv4', [...path, 'dhcpv4', link, 'routes', prefix]),
      ),
    ]),
    ...Object.entries(dhcpv6).flatMap(([link, { dns }]) =>
      each(dns, 'ipv6', [...path, 'dhcpv6', link, 'dns']),
    ),
    ...('resolver' in node ? each(node.resolver?.servers, undefined, [...path, 'resolver', 'servers']) : []),
  ];
}
