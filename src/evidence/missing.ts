/** What a state of the host still lacks, as one line each for people. Pure. */
import { contains, isBetween } from '../plan/addresses.ts';
import type { HostState } from '../plan/state.ts';
import type { EntryOf, Tables } from './tables.ts';

/** What is known of the host, and what was seen since the wait began. */
export interface Seen {
  tables: Tables;
  /** Output of daemons, line by line. */
  logs: { daemon: string; text: string }[];
  packets: { link: string; node: string; kind: string }[];
  /** Whether a daemon has said something that matches since it started. */
  hasSaid(daemon: string, pattern: string): boolean;
  /** The text of /etc/resolv.conf; empty where there is none. */
  resolvConf: string;
}

/** What of a state is not yet so; nothing: the state has come. Addresses are compared in the form of RFC 5952. */
export const missing = (state: HostState, { tables, logs, packets, resolvConf, hasSaid }: Seen): string[] => [
  ...state.defaultRouters
    .filter(({ known }) => !known || !hasSaid(known.daemon, known.pattern))
    .filter((router) => !isDefaultRouter(tables, router))
    .map(lackOfRouter),
  ...state.noDefaultRouters.filter((router) => isDefaultRouter(tables, router)).map(surplusOfRouter),
  ...state.addressesWithin
    .filter((wanted) => !hasUsableAddressWithin(tables, wanted))
    .map(({ prefix, interface: link }) => `no usable address within ${prefix}${link ? ` on ${link}` : ''}`),
  ...state.leases
    .filter((wanted) => !hasLease(tables, wanted))
    .map(({ interface: name, ranges, protocol }) => {
      const within = ranges.map(([first, last]) => (first === last ? first : `${first} to ${last}`));
      return `no usable address of ${protocol} on ${name}: ${within.join(' or ')}`;
    }),
  ...state.addresses.flatMap((address) => lackOfAddress(tables, address)),
  ...state.noAddresses
    .filter((wanted) => tables.addresses.some((entry) => isOf(entry, wanted)))
    .map((address) => `address ${address} is still there`),
  ...state.deprecated
    .filter((wanted) => !tables.addresses.some((entry) => isOf(entry, wanted) && isDeprecated(entry)))
    .map((wanted) => `address ${wanted} is not deprecated`),
  ...state.temporary
    .filter((link) => !tables.addresses.some((entry) => isTemporary(entry) && entry.interface === link))
    .map((link) => `no usable temporary address on ${link}`),
  ...state.routes.filter((prefix) => !hasRoute(tables, prefix)).map((prefix) => `no route to ${prefix}`),
  ...state.noRoutes
    .filter((prefix) => hasRoute(tables, prefix))
    .map((prefix) => `the route to ${prefix} is still there`),
  ...state.neighbours.flatMap((neighbour) => wrongNeighbour(tables, neighbour)),
  ...state.resolvers
    .filter((server) => !nameServersOf(resolvConf).includes(withoutZone(server)))
    .map((server) => `no name server ${server} in resolv.conf`),
  ...state.logs
    .filter(
      (wanted) => !logs.some(({ daemon, text }) => daemon === wanted.daemon && text.includes(wanted.text)),
    )
    .map(({ daemon, text }) => `${daemon} has not said '${text}'`),
  ...state.said
    .filter(({ daemon, pattern }) => !hasSaid(daemon, pattern))
    .map(({ daemon, pattern }) => `${daemon} has not said /${pattern}/`),
  ...state.packets.filter((wanted) => !packets.some((packet) => isWanted(packet, wanted))).map(lackOfPacket),
];

type Router = HostState['defaultRouters'][number];

const isDefaultRouter = ({ routes }: Tables, router: Router): boolean =>
  routes.some(
    ({ destination, from, nextHops: [hop] }) =>
      destination === 'default' &&
      from === undefined &&
      hop?.interface === router.interface &&
      router.addresses.includes(hop.via ?? ''),
  );

const lackOfRouter = (router: Router): string => `no default route through ${describeRouter(router)}`;

const surplusOfRouter = (router: Router): string =>
  `the default route through ${describeRouter(router)} is still there`;

const describeRouter = ({ router, addresses, interface: link }: Router): string => {
  const hop = addresses.join(' or ');
  return router ? `${router} (${hop} on ${link})` : `${hop} on ${link}`;
};

const isUsable = ({ flags }: EntryOf<'address'>): boolean =>
  !flags.includes('tentative') && !flags.includes('dadfailed');

const hasUsableAddressWithin = (
  { addresses }: Tables,
  wanted: HostState['addressesWithin'][number],
): boolean =>
  addresses.some(
    (entry) =>
      (wanted.interface === undefined || entry.interface === wanted.interface) &&
      isUsable(entry) &&
      contains(wanted.prefix, entry.address),
  );

const hasLease = ({ addresses }: Tables, wanted: HostState['leases'][number]): boolean =>
  addresses.some(
    (entry) =>
      entry.interface === wanted.interface &&
      isUsable(entry) &&
      wanted.ranges.some(([first, last]) => isBetween(entry.address, first, last)),
  );

const isOf = ({ address }: EntryOf<'address'>, wanted: string): boolean =>
  wanted.includes('/') ? contains(wanted, address) : address === wanted;

const isTemporary = (entry: EntryOf<'address'>): boolean =>
  entry.flags.includes('temporary') && isUsable(entry);

const isDeprecated = ({ flags }: EntryOf<'address'>): boolean => flags.includes('deprecated');

const addressOf = ({ addresses }: Tables, address: string): EntryOf<'address'> | undefined =>
  addresses.find((entry) => entry.address === address);

const lackOfAddress = (tables: Tables, address: string): string[] => {
  const entry = addressOf(tables, address);
  if (!entry) return [`no address ${address}`];
  return isUsable(entry)
    ? []
    : [`address ${address} is ${entry.flags.includes('dadfailed') ? 'a duplicate' : 'tentative'}`];
};

const hasRoute = ({ routes }: Tables, prefix: string): boolean =>
  routes.some((route) => prefixOf(route) === prefix);

const prefixOf = ({ destination, family }: EntryOf<'route'>): string => {
  if (destination !== 'default') return destination;
  return family === 'ipv6' ? '::/0' : '0.0.0.0/0';
};

const wrongNeighbour = ({ neighbours }: Tables, wanted: HostState['neighbours'][number]): string[] => {
  const states = neighbours
    .filter((entry) => entry.interface === wanted.interface && wanted.addresses.includes(entry.address))
    .map(({ state }) => state as string);
  const isSo = wanted.state === 'gone' ? states.length === 0 : states.includes(wanted.state);
  const name = `neighbour ${wanted.addresses.join(' or ')} on ${wanted.interface}`;
  return isSo ? [] : [`${name} is ${states.join(' and ') || 'gone'}, not ${wanted.state}`];
};

const nameServersOf = (resolvConf: string): string[] =>
  [...resolvConf.matchAll(/^nameserver[ \t]+(\S+)/gm)].map(([, server]) => withoutZone(server!));

const withoutZone = (address: string): string => address.replace(/%.*/, '');

type WantedPacket = HostState['packets'][number];

const isWanted = (packet: Seen['packets'][number], { link, kind, node }: WantedPacket): boolean =>
  packet.link === link && packet.kind === kind && (node === undefined || packet.node === node);

const lackOfPacket = ({ link, kind, node }: WantedPacket): string =>
  `no ${kind} on ${link}${node ? ` from ${node}` : ''}`;
