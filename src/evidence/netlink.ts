/**
 * rtnetlink messages (rtnetlink(7), linux/rtnetlink.h) as events of the timeline. Pure.
 *
 * Netlink speaks the machine's byte order; every machine that Node runs Linux labs on is little-endian.
 */
import { addressText, macText } from './address.ts';
import { type Message, messagesOf, readAttributes } from './netlink-messages.ts';
import type { HostAnswer, NetlinkEvent } from './timeline.ts';

export { dumpRequest } from './netlink-messages.ts';

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
/** What a message says, before anyone has said when and on which node. */
export type HostChange = Without<NetlinkEvent, 'at' | 'node'>;

/** Interface indexes to names. */
export type LinkNames = ReadonlyMap<number, string>;
type Names = Map<number, string>;

/**
 * The events of one datagram; none for what is cut off. `names` is kept up to date by link messages.
 *
 * Left out, because they decide nothing: the kernel's local table, multicast routes, cached routes (RTM_F_CLONED),
 * neighbours that need no resolution (NUD_NOARP: groups and the loopback), and other families (bridge ports,
 * multicast routing).
 */
export const decodeNetlink = (datagram: Uint8Array, names: Names): HostChange[] =>
  messagesOf(datagram).flatMap((message) => readers[message.type & ~1]?.(message, names) ?? []);

/** RTM_NEW* of each object; RTM_DEL* is the next number. */
const readers: Record<number, (message: Message, names: Names) => HostChange | undefined> = {
  16: (message, names) => readLink(message, names),
  20: (message, names) => readAddress(message, names),
  24: (message, names) => readRoute(message, names),
  28: (message, names) => readNeighbour(message, names),
  32: (message) => readRule(message),
};

const Family = { unspecified: 0, ipv4: 2, ipv6: 10 };
const NLM_F_REPLACE = 0x100;

const LinkAttribute = { name: 3 };
const IFF_UP = 0x1;
const IFF_RUNNING = 0x40;
const IFF_LOWER_UP = 0x1_0000;
/** There is a carrier, and the kernel has taken it up: until then what is sent is lost. */
const CARRIER = IFF_LOWER_UP | IFF_RUNNING;

/** struct ifinfomsg: family, type, index, flags. */
const readLink = (message: Message, names: Names): HostChange | undefined => {
  const [family, attributes] = [message.body[0], readAttributes(message.body, 16)];
  const name = attributes.get(LinkAttribute.name)?.toString().replace('\0', '');
  if (family !== Family.unspecified || !name) return undefined;
  names.set(message.body.readUInt32LE(4), name);
  const flags = message.body.readUInt32LE(8);
  return {
    ...changeOf(message),
    object: 'link',
    interface: name,
    up: (flags & IFF_UP) !== 0,
    carrier: (flags & CARRIER) === CARRIER,
    ...((flags & IFF_RUNNING) !== 0 && { running: true as const }),
  };
};

const AddressAttribute = { address: 1, local: 2, lifetimes: 6, flags: 8 };
const addressFlags = [
  [0x01, 'temporary'],
  [0x04, 'optimistic'],
  [0x08, 'dadfailed'],
  [0x20, 'deprecated'],
  [0x40, 'tentative'],
  [0x80, 'permanent'],
] as const;
const scopes: Record<number, 'global' | 'site' | 'link' | 'host'> = { 200: 'site', 253: 'link', 254: 'host' };

/** struct ifaddrmsg: family, prefix length, flags, scope, index. On a point-to-point link only IFA_LOCAL is its own. */
const readAddress = (message: Message, names: Names): HostChange | undefined => {
  const { body } = message;
  const attributes = readAttributes(body, 8);
  const address = attributes.get(AddressAttribute.local) ?? attributes.get(AddressAttribute.address);
  if (!familyOf(body[0]) || !address) return undefined;
  const flags = attributes.get(AddressAttribute.flags)?.readUInt32LE(0) ?? body[2]!;
  const lifetimes = attributes.get(AddressAttribute.lifetimes);
  return {
    ...changeOf(message),
    object: 'address',
    interface: nameOf(body.readUInt32LE(4), names),
    address: addressText(address),
    prefixLength: body[1]!,
    flags: addressFlags
      .filter(([bit]) => flags & bit)
      .map(([, name]) => name)
      // The bit of temporary addresses means a secondary address in IPv4.
      .filter((name) => name !== 'temporary' || body[0] === Family.ipv6),
    scope: scopes[body[3]!] ?? 'global',
    preferredLifetime: lifetimeOf(lifetimes, 0),
    validLifetime: lifetimeOf(lifetimes, 4),
  };
};

const lifetimeOf = (lifetimes: Buffer | undefined, at: number): number | null => {
  const seconds = lifetimes?.readUInt32LE(at) ?? 0xffff_ffff;
  return seconds === 0xffff_ffff ? null : seconds;
};

const RouteAttribute = {
  destination: 1,
  from: 2,
  interface: 4,
  gateway: 5,
  metric: 6,
  preferredSource: 7,
  multipath: 9,
  table: 15,
  via: 18,
  preference: 20,
};
const RTM_NEWROUTE = 24;
const LOCAL_TABLE = 255;
const RTM_F_CLONED = 0x200;
const routeTypes = [
  'unspecified',
  'unicast',
  'local',
  'broadcast',
  'anycast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
];
const protocols: Record<number, string> = {
  1: 'redirect',
  2: 'kernel',
  3: 'boot',
  4: 'static',
  9: 'ra',
  16: 'dhcp',
};
/** RFC 4191 section 2.1. */
const preferences: Record<number, 'low' | 'medium' | 'high'> = { 0: 'medium', 1: 'high', 3: 'low' };

/** struct rtmsg: family, destination and source length, TOS, table, protocol, scope, type, flags. */
const readRoute = (message: Message, names: Names): HostChange | undefined => {
  const { body } = message;
  const attributes = readAttributes(body, 12);
  const family = familyOf(body[0]);
  const table = attributes.get(RouteAttribute.table)?.readUInt32LE(0) ?? body[4]!;
  const type = routeTypes[body[7]!] ?? String(body[7]);
  const cached = (body.readUInt32LE(8) & RTM_F_CLONED) !== 0;
  if (!family || table === LOCAL_TABLE || type === 'multicast' || cached) return undefined;
  const metric = attributes.get(RouteAttribute.metric)?.readUInt32LE(0);
  const preference = preferences[attributes.get(RouteAttribute.preference)?.[0] ?? -1];
  const source = attributes.get(RouteAttribute.preferredSource);
  return {
    ...changeOf(message),
    object: 'route',
    family,
    destination: prefixOf(attributes.get(RouteAttribute.destination), body[1]!) ?? 'default',
    ...optional('from', prefixOf(attributes.get(RouteAttribute.from), body[2]!)),
    nextHops: nextHopsOf(attributes, names),
    table,
    ...optional('metric', metric),
    ...optional('preference', preference),
    protocol: protocols[body[5]!] ?? String(body[5]),
    type,
    ...optional('source', source && addressText(source)),
    ...((message.flags & NLM_F_REPLACE) !== 0 && { replaces: true }),
  };
};

/** The answer to wayRequest (experiment/way-request.ts); none where it was refused. */
export const readWay = (datagram: Uint8Array, names: LinkNames): HostAnswer['route'] => {
  const answer = messagesOf(datagram).find(({ type }) => type === RTM_NEWROUTE);
  if (!answer) return undefined;
  const attributes = readAttributes(answer.body, 12);
  const source = attributes.get(RouteAttribute.preferredSource);
  return { ...nextHopsOf(attributes, names)[0], ...optional('source', source && addressText(source)) };
};

type NextHop = { via?: string; interface?: string };

const nextHopsOf = (attributes: Map<number, Buffer>, names: LinkNames): NextHop[] => {
  const multipath = attributes.get(RouteAttribute.multipath);
  return multipath
    ? multipathHopsOf(multipath, names)
    : [nextHopOf(attributes, attributes.get(RouteAttribute.interface)?.readUInt32LE(0), names)];
};

/** Each a struct rtnexthop (length, flags, weight, index) and attributes of its own. */
const multipathHopsOf = (multipath: Buffer, names: LinkNames): NextHop[] => {
  if (multipath.length < 8) return [];
  const length = Math.max(8, multipath.readUInt16LE(0));
  const first = nextHopOf(readAttributes(multipath.subarray(0, length), 8), multipath.readUInt32LE(4), names);
  return [first, ...multipathHopsOf(multipath.subarray(length), names)];
};

/** RTA_VIA is a next hop of the other family, behind its two bytes of family. */
const nextHopOf = (attributes: Map<number, Buffer>, index: number | undefined, names: LinkNames): NextHop => {
  const via = attributes.get(RouteAttribute.gateway) ?? attributes.get(RouteAttribute.via)?.subarray(2);
  return {
    ...optional('via', via && addressText(via)),
    ...optional('interface', index === undefined ? undefined : nameOf(index, names)),
  };
};

const NeighbourAttribute = { address: 1, mac: 2 };
const NTF_ROUTER = 0x80;
const neighbourStates: Record<number, Extract<NetlinkEvent, { object: 'neighbour' }>['state'] | undefined> = {
  0: 'none',
  1: 'incomplete',
  2: 'reachable',
  4: 'stale',
  8: 'delay',
  16: 'probe',
  32: 'failed',
  128: 'permanent',
};

/** struct ndmsg: family, index, state, flags, type. */
const readNeighbour = (message: Message, names: Names): HostChange | undefined => {
  const { body } = message;
  const attributes = readAttributes(body, 12);
  const address = attributes.get(NeighbourAttribute.address);
  const mac = attributes.get(NeighbourAttribute.mac);
  const state = neighbourStates[body.readUInt16LE(8)];
  if (!familyOf(body[0]) || !address || !state) return undefined;
  return {
    ...changeOf(message),
    object: 'neighbour',
    interface: nameOf(body.readUInt32LE(4), names),
    address: addressText(address),
    ...optional('mac', mac && macText(mac)),
    state,
    router: (body[10]! & NTF_ROUTER) !== 0,
  };
};

const RuleAttribute = { to: 1, from: 2, priority: 6, mark: 10, table: 15 };

/** struct fib_rule_hdr: family, destination and source length, TOS, table. */
const readRule = (message: Message): HostChange | undefined => {
  const { body } = message;
  const attributes = readAttributes(body, 12);
  const family = familyOf(body[0]);
  if (!family) return undefined;
  return {
    ...changeOf(message),
    object: 'rule',
    family,
    priority: attributes.get(RuleAttribute.priority)?.readUInt32LE(0) ?? 0,
    table: attributes.get(RuleAttribute.table)?.readUInt32LE(0) ?? body[4]!,
    ...optional('from', prefixOf(attributes.get(RuleAttribute.from), body[2]!)),
    ...optional('to', prefixOf(attributes.get(RuleAttribute.to), body[1]!)),
    ...optional('mark', attributes.get(RuleAttribute.mark)?.readUInt32LE(0)),
  };
};

const changeOf = ({ type }: Message) =>
  ({ kind: 'netlink', what: type % 2 === 0 ? 'new' : 'deleted' }) as const;

const familyOf = (family: number | undefined): 'ipv4' | 'ipv6' | undefined => {
  if (family === Family.ipv4) return 'ipv4';
  return family === Family.ipv6 ? 'ipv6' : undefined;
};

const nameOf = (index: number, names: LinkNames): string => names.get(index) ?? `#${index}`;

const prefixOf = (address: Buffer | undefined, length: number): string | undefined =>
  address && `${addressText(address)}/${length}`;

const optional = <Key extends string, Value>(key: Key, value: Value | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { [key in Key]?: Value };
