/** The host's tables as its netlink events make them, and what is missing for a state. Pure. */
import { contains } from '../plan/addresses.ts';
import type { HostState } from '../plan/state.ts';
import type { NetlinkEvent } from './timeline.ts';

type Of<Object extends NetlinkEvent['object']> = Extract<NetlinkEvent, { object: Object }>;

export interface Tables {
  addresses: Of<'address'>[];
  routes: Of<'route'>[];
  neighbours: Of<'neighbour'>[];
}

export const emptyTables = (): Tables => ({ addresses: [], routes: [], neighbours: [] });

/** The tables after one more event. */
export const applyEvent = (tables: Tables, event: NetlinkEvent): Tables => {
  switch (event.object) {
    case 'address':
      return { ...tables, addresses: replaced(tables.addresses, event, ({ interface: name, address, prefixLength }) => `${name} ${address}/${prefixLength}`) };
    case 'route':
      return { ...tables, routes: replaced(tables.routes, event, routeKey) };
    case 'neighbour':
      return { ...tables, neighbours: replaced(tables.neighbours, event, ({ interface: name, address }) => `${name} ${address}`) };
    default:
      return tables;
  }
};

/** One route per next hop: the kernel keeps IPv6 routes of equal metric apart by it. */
const routeKey = ({ family, destination, from, table, metric, nextHops }: Of<'route'>): string =>
  JSON.stringify([family, destination, from, table, metric, nextHops]);

const replaced = <E extends NetlinkEvent>(entries: E[], event: E, key: (entry: E) => string): E[] => {
  const others = entries.filter((entry) => key(entry) !== key(event));
  return event.what === 'deleted' ? others : [...others, event];
};

export interface Seen {
  tables: Tables;
  logs: { daemon: string; text: string }[];
  packets: { link: string; node: string; kind: string }[];
  resolvConf: string;
}

/** What of a state is not yet so, a sentence each; none: the state has come. */
export const missing = (state: HostState, { tables, logs, packets, resolvConf }: Seen): string[] => {
  const usable = tables.addresses.filter(({ flags }) => !flags.includes('tentative') && !flags.includes('dadfailed'));
  const routeThrough = (hop: HostState['defaultRouters'][number]) =>
    tables.routes.some(({ destination, from, nextHops }) =>
      destination === 'default' && !from && nextHops.some(({ via, interface: name }) => name === hop.interface && via !== undefined && hop.addresses.includes(via)));
  const hasRoute = (prefix: string) => tables.routes.some(({ destination }) => destination === prefix);
  const has = (address: string) => usable.some((own) => own.address === address);
  const servers = resolvConf.split('\n').flatMap((line) => /^nameserver\s+(\S+)/.exec(line)?.[1] ?? []);
  return [
    ...state.defaultRouters.filter((hop) => !routeThrough(hop)).map((hop) => `no default route through ${hop.addresses.join(' or ')} on ${hop.interface}`),
    ...state.noDefaultRouters.filter(routeThrough).map((hop) => `still a default route through ${hop.addresses.join(' or ')} on ${hop.interface}`),
    ...state.addressesWithin.filter(({ interface: name, prefix }) => !usable.some((own) => own.interface === name && contains(prefix, own.address))).map(({ interface: name, prefix }) => `no usable address within ${prefix} on ${name}`),
    ...state.addresses.filter((address) => !has(address)).map((address) => `no usable address ${address}`),
    ...state.noAddresses.filter((address) => tables.addresses.some((own) => own.address === address)).map((address) => `still an address ${address}`),
    ...state.deprecated.filter((address) => !usable.some((own) => own.address === address && own.flags.includes('deprecated'))).map((address) => `${address} is not deprecated`),
    ...state.routes.filter((prefix) => !hasRoute(prefix)).map((prefix) => `no route to ${prefix}`),
    ...state.noRoutes.filter(hasRoute).map((prefix) => `still a route to ${prefix}`),
    ...state.neighbours.filter((wanted) => !neighbourIs(tables, wanted)).map((wanted) => `neighbour ${wanted.addresses.join(' or ')} on ${wanted.interface} is not ${wanted.state}`),
    ...state.resolvers.filter((server) => !servers.includes(server)).map((server) => `no name server ${server}`),
    ...state.logs.filter((wanted) => !logs.some(({ daemon, text }) => daemon === wanted.daemon && text.includes(wanted.text))).map(({ daemon, text }) => `${daemon} has not said "${text}"`),
    ...state.packets.filter((wanted) => !packets.some((packet) => packet.link === wanted.link && packet.kind === wanted.kind && (!wanted.node || packet.node === wanted.node))).map(({ link, kind, node }) => `no ${kind} on ${link}${node ? ` from ${node}` : ''}`),
  ];
};

const neighbourIs = ({ neighbours }: Tables, wanted: HostState['neighbours'][number]): boolean => {
  const entries = neighbours.filter(({ interface: name, address }) => name === wanted.interface && wanted.addresses.includes(address));
  return wanted.state === 'gone' ? entries.length === 0 : entries.some(({ state }) => state === wanted.state);
};
