/** The host's tables as its netlink events make them. Pure. */
import { isIPv4 } from 'node:net';
import type { NetlinkEvent } from './timeline.ts';

export { missing } from './missing.ts';

export type EntryOf<Object extends NetlinkEvent['object']> = Extract<NetlinkEvent, { object: Object }>;

/** What is there now, each entry by the event that said so last, in the order of the last change. */
export interface Tables {
  links: EntryOf<'link'>[];
  addresses: EntryOf<'address'>[];
  /** One entry per next hop: the kernel adds and removes the next hops of an IPv6 multipath route one by one. */
  routes: EntryOf<'route'>[];
  neighbours: EntryOf<'neighbour'>[];
}

export const emptyTables = (): Tables => ({ links: [], addresses: [], routes: [], neighbours: [] });

/** The tables after one more event of the same host. */
export const applyEvent = (tables: Tables, event: NetlinkEvent): Tables => {
  switch (event.object) {
    case 'link':
      return silentlyLost(
        { ...tables, links: changed(tables.links, event, (link) => link.interface) },
        event,
      );
    case 'address':
      return silentlyLost({ ...tables, addresses: changed(tables.addresses, event, addressKey) }, event);
    case 'route':
      return { ...tables, routes: changedRoutes(tables.routes, event) };
    case 'neighbour':
      return { ...tables, neighbours: changed(tables.neighbours, event, neighbourKey) };
    case 'rule':
      return tables;
  }
};

const changed = <Entry extends NetlinkEvent>(
  entries: Entry[],
  event: Entry,
  key: (entry: Entry) => string,
): Entry[] => {
  const others = entries.filter((entry) => key(entry) !== key(event));
  return event.what === 'deleted' ? others : [...others, event];
};

const addressKey = (entry: EntryOf<'address'>): string =>
  `${entry.interface} ${entry.address}/${entry.prefixLength}`;

const neighbourKey = (entry: EntryOf<'neighbour'>): string => `${entry.interface} ${entry.address}`;

const changedRoutes = (routes: EntryOf<'route'>[], event: EntryOf<'route'>): EntryOf<'route'>[] => {
  const kept = event.replaces ? routes.filter((route) => routeKey(route) !== routeKey(event)) : routes;
  return event.nextHops
    .map((nextHop) => ({ ...event, nextHops: [nextHop] }))
    .reduce((sofar, route) => changed(sofar, route, nextHopKey), kept);
};

const routeKey = ({ family, destination, from, table, metric }: EntryOf<'route'>): string =>
  [family, destination, from, table, metric].join(' ');

const nextHopKey = (route: EntryOf<'route'>): string =>
  [routeKey(route), route.nextHops[0]?.via, route.nextHops[0]?.interface].join(' ');

/**
 * The kernel deletes IPv4 routes without a word where their link goes down, or loses its last IPv4 address
 * (seen on Linux 6.18; of IPv6 routes it tells each).
 */
const silentlyLost = (tables: Tables, event: EntryOf<'link'> | EntryOf<'address'>): Tables =>
  isLinkDown(event) || isLastIpv4Address(tables, event)
    ? {
        ...tables,
        routes: tables.routes.filter((route) => route.family === 'ipv6' || !isVia(route, event.interface)),
      }
    : tables;

const isLinkDown = (event: EntryOf<'link'> | EntryOf<'address'>): boolean =>
  event.object === 'link' && (event.what === 'deleted' || !event.up);

const isLastIpv4Address = ({ addresses }: Tables, event: EntryOf<'link'> | EntryOf<'address'>): boolean =>
  event.object === 'address' &&
  event.what === 'deleted' &&
  isIPv4(event.address) &&
  !addresses.some((entry) => entry.interface === event.interface && isIPv4(entry.address));

const isVia = ({ nextHops: [hop] }: EntryOf<'route'>, name: string): boolean => hop?.interface === name;
