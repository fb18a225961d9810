/** From what a node offers to the daemons that do it. A daemon's id is `node.ra`, or `node.ra-link` on one of several links. */
import type { Node, Router } from '../lab/schema.ts';
import { dnsmasqDhcpV4, dnsmasqDhcpV6, dnsmasqRa } from './dnsmasq.ts';
import { dnsmasqDns } from './dnsmasq-dns.ts';
import { keaDhcpV4, keaDhcpV6 } from './kea.ts';
import { program } from './program.ts';
import { radvd } from './radvd.ts';
import type { PlannedService, ServiceContext } from './service.ts';
import { unbound } from './unbound.ts';

type ContextFor = (link: string | undefined, id: string) => ServiceContext;

interface Offer {
  id: string;
  link?: string;
  make(context: ServiceContext): PlannedService;
}

export const servicesOf = (
  name: string,
  node: Node,
  contextFor: ContextFor,
): { id: string; service: PlannedService }[] =>
  offersOf(name, node).map(({ id, link, make }) => ({ id, service: make(contextFor(link, id)) }));

export const daemonIds = (name: string, node: Node): string[] => offersOf(name, node).map(({ id }) => id);

const offersOf = (name: string, node: Node): Offer[] => [
  ...perLink(
    `${name}.ra`,
    (node as Router).ra,
    (ra) => (context) => (ra.daemon === 'dnsmasq' ? dnsmasqRa : radvd)(ra, context),
  ),
  ...perLink(
    `${name}.dhcpv4`,
    (node as Router).dhcpv4,
    (dhcp) => (context) => (dhcp.daemon === 'kea' ? keaDhcpV4 : dnsmasqDhcpV4)(dhcp, context),
  ),
  ...perLink(
    `${name}.dhcpv6`,
    (node as Router).dhcpv6,
    (dhcp) => (context) => (dhcp.daemon === 'kea' ? keaDhcpV6 : dnsmasqDhcpV6)(dhcp, context),
  ),
  ...(node.dns
    ? [
        {
          id: `${name}.dns`,
          make: (context: ServiceContext) =>
            (node.dns!.daemon === 'dnsmasq' ? dnsmasqDns : unbound)(node.dns!, context),
        },
      ]
    : []),
  ...Object.entries(node.daemons ?? {}).map(([own, daemon]) => ({
    id: `${name}.${own}`,
    make: () => program(daemon),
  })),
];

/** Of a service on one of the links that a node serves. */
export const idOn = (id: string, links: Record<string, unknown> = {}, link: string): string =>
  Object.keys(links).length > 1 ? `${id}-${link}` : id;

const perLink = <T>(
  id: string,
  offers: Record<string, T> | undefined,
  make: (offer: T) => Offer['make'],
): Offer[] => {
  const entries = Object.entries(offers ?? {});
  return entries.map(([link, offer]) => ({
    id: idOn(id, offers, link),
    link,
    make: make(offer),
  }));
};
