/** rtnetlink messages (rtnetlink(7), linux/rtnetlink.h) as events of the timeline. Pure. */
import { addressText, macText } from './address.ts';
import type { NetlinkEvent } from './timeline.ts';

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
/** What a message says, before anyone has said when and on which node. */
export type HostChange = Without<NetlinkEvent, 'at' | 'node'>;

const HEADER = 16;
const KIND: Record<number, 'link' | 'address' | 'route' | 'neighbour' | 'rule' | undefined> = {
  16: 'link', 17: 'link', 20: 'address', 21: 'address', 24: 'route', 25: 'route', 28: 'neighbour', 29: 'neighbour', 32: 'rule', 33: 'rule',
};
/** Bytes of the fixed part that follows the header, by kind. */
const FIXED = { link: 16, address: 8, route: 12, neighbour: 12, rule: 12 } as const;
const AF_INET6 = 10;
const LOCAL_TABLE = 255;

interface Message {
  what: 'new' | 'deleted';
  fixed: Buffer;
  attributes: Map<number, Buffer>;
  names: Map<number, string>;
}

/**
 * The events of one datagram. `names` maps interface indexes to names and is kept up to date by link messages.
 * Left out: the kernel's local table, multicast routes, and neighbours that are groups; they decide nothing.
 */
export const decodeNetlink = (datagram: Uint8Array, names: Map<number, string>): HostChange[] => {
  const bytes = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const events: HostChange[] = [];
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    if (length < HEADER || at + length > bytes.length) break;
    const type = bytes.readUInt16LE(at + 4);
    const kind = KIND[type];
    if (kind && length >= HEADER + FIXED[kind]) {
      const message = {
        what: type % 2 === 0 ? ('new' as const) : ('deleted' as const),
        fixed: bytes.subarray(at + HEADER, at + HEADER + FIXED[kind]),
        attributes: readAttributes(bytes.subarray(at + HEADER + FIXED[kind], at + length)),
        names,
      };
      const event = READERS[kind](message);
      if (event) events.push(event);
    }
    at += aligned(length);
  }
  return events;
};

/** An RTM_GET* request for everything of a kind: 18 links, 22 addresses, 26 routes, 30 neighbours. */
export const dumpRequest = (type: number, family: number): Uint8Array => {
  const NLM_F_REQUEST_DUMP = 0x301;
  const bytes = Buffer.alloc(HEADER + 16);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(NLM_F_REQUEST_DUMP, 6);
  bytes.writeUInt8(family, HEADER);
  return bytes;
};

const aligned = (length: number): number => (length + 3) & ~3;

const readAttributes = (bytes: Buffer): Map<number, Buffer> => {
  const attributes = new Map<number, Buffer>();
  const NESTED_AND_ORDER = 0xc000;
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > bytes.length) break;
    attributes.set(bytes.readUInt16LE(at + 2) & ~NESTED_AND_ORDER, bytes.subarray(at + 4, at + length));
    at += aligned(length);
  }
  return attributes;
};

const nameOf = (names: Map<number, string>, index: number): string => names.get(index) ?? `#${index}`;
const text = (bytes: Buffer): string => bytes.toString('utf8').replace(/\0.*$/s, '');
const flagNames = <T extends string>(flags: number, table: readonly (readonly [number, T])[]): T[] =>
  table.filter(([bit]) => flags & bit).map(([, name]) => name);

const readLink = ({ what, fixed, attributes, names }: Message): HostChange | undefined => {
  const index = fixed.readInt32LE(4);
  const flags = fixed.readUInt32LE(8);
  const name = attributes.get(3);
  if (!name) return undefined;
  names.set(index, text(name));
  const IFF_UP = 1;
  const IFF_LOWER_UP = 0x10000;
  return { kind: 'netlink', what, object: 'link', interface: text(name), up: (flags & IFF_UP) !== 0, carrier: (flags & IFF_LOWER_UP) !== 0 };
};

const ADDRESS_FLAGS = [[0x40, 'tentative'], [0x20, 'deprecated'], [0x08, 'dadfailed'], [0x04, 'optimistic'], [0x01, 'temporary'], [0x80, 'permanent']] as const;
const SCOPES: Record<number, 'global' | 'site' | 'link' | 'host'> = { 0: 'global', 200: 'site', 253: 'link', 254: 'host' };
const INFINITY = 0xffffffff;

const readAddress = ({ what, fixed, attributes, names }: Message): HostChange | undefined => {
  const own = attributes.get(2) ?? attributes.get(1);
  if (!own) return undefined;
  const cache = attributes.get(6);
  const lifetime = (at: number) => {
    const seconds = cache?.readUInt32LE(at) ?? INFINITY;
    return seconds === INFINITY ? null : seconds;
  };
  return {
    kind: 'netlink', what, object: 'address',
    interface: nameOf(names, fixed.readUInt32LE(4)),
    address: addressText(own),
    prefixLength: fixed[1]!,
    // IPv4 uses bit 0 for secondary addresses.
    flags: flagNames((attributes.get(8)?.readUInt32LE(0) ?? fixed[2]!) & (fixed[0] === AF_INET6 ? ~0 : ~1), ADDRESS_FLAGS),
    scope: SCOPES[fixed[3]!] ?? 'global',
    preferredLifetime: lifetime(0),
    validLifetime: lifetime(4),
  };
};

const ROUTE_TYPES = ['unspecified', 'unicast', 'local', 'broadcast', 'anycast', 'multicast', 'blackhole', 'unreachable', 'prohibit', 'throw'];
const PROTOCOLS: Record<number, string> = { 1: 'redirect', 2: 'kernel', 3: 'boot', 4: 'static', 9: 'ra', 16: 'dhcp' };
const PREFERENCES: Record<number, 'low' | 'medium' | 'high'> = { 0: 'medium', 1: 'high', 3: 'low' };
const RTM_F_CLONED = 0x200;

const readRoute = ({ what, fixed, attributes, names }: Message): HostChange | undefined => {
  const table = attributes.get(15)?.readUInt32LE(0) ?? fixed[4]!;
  const type = ROUTE_TYPES[fixed[7]!] ?? String(fixed[7]);
  if (table === LOCAL_TABLE || type === 'multicast' || fixed.readUInt32LE(8) & RTM_F_CLONED) return undefined;
  const ipv6 = fixed[0] === AF_INET6;
  const to = attributes.get(1);
  const from = attributes.get(2);
  const preference = attributes.get(20)?.[0];
  return {
    kind: 'netlink', what, object: 'route',
    family: ipv6 ? 'ipv6' : 'ipv4',
    destination: to ? `${addressText(to)}/${fixed[1]}` : 'default',
    ...(from ? { from: `${addressText(from)}/${fixed[2]}` } : {}),
    nextHops: nextHops(attributes, names),
    table,
    metric: attributes.get(6)?.readUInt32LE(0),
    preference: preference === undefined ? undefined : PREFERENCES[preference],
    protocol: PROTOCOLS[fixed[5]!] ?? String(fixed[5]),
    type,
    ...(attributes.get(7) ? { source: addressText(attributes.get(7)!) } : {}),
  };
};

const nextHops = (attributes: Map<number, Buffer>, names: Map<number, string>): { via?: string; interface?: string }[] => {
  const multipath = attributes.get(9);
  if (!multipath) return [nextHop(attributes, attributes.get(4)?.readUInt32LE(0), names)];
  const hops = [];
  for (let at = 0; at + 8 <= multipath.length; ) {
    const length = multipath.readUInt16LE(at);
    if (length < 8) break;
    hops.push(nextHop(readAttributes(multipath.subarray(at + 8, at + length)), multipath.readInt32LE(at + 4), names));
    at += aligned(length);
  }
  return hops;
};

const nextHop = (attributes: Map<number, Buffer>, index: number | undefined, names: Map<number, string>) => {
  // RTA_VIA: an address of another family, led by its family number.
  const via = attributes.get(5) ?? attributes.get(18)?.subarray(2);
  return { via: via && addressText(via), interface: index === undefined ? undefined : nameOf(names, index) };
};

const NEIGHBOUR_STATES = { 0: 'none', 1: 'incomplete', 2: 'reachable', 4: 'stale', 8: 'delay', 16: 'probe', 32: 'failed', 64: 'noarp', 128: 'permanent' } as const;
const NTF_ROUTER = 0x80;

const readNeighbour = ({ what, fixed, attributes, names }: Message): HostChange | undefined => {
  const address = attributes.get(1);
  const state = NEIGHBOUR_STATES[fixed.readUInt16LE(8) as keyof typeof NEIGHBOUR_STATES];
  if (!address || state === undefined || state === 'noarp') return undefined;
  const mac = attributes.get(2);
  return {
    kind: 'netlink', what, object: 'neighbour',
    interface: nameOf(names, fixed.readInt32LE(4)),
    address: addressText(address),
    mac: mac && macText(mac),
    state,
    router: (fixed[10]! & NTF_ROUTER) !== 0,
  };
};

const readRule = ({ what, fixed, attributes }: Message): HostChange => {
  const to = attributes.get(1);
  const from = attributes.get(2);
  return {
    kind: 'netlink', what, object: 'rule',
    family: fixed[0] === AF_INET6 ? 'ipv6' : 'ipv4',
    priority: attributes.get(6)?.readUInt32LE(0) ?? 0,
    table: attributes.get(15)?.readUInt32LE(0) ?? fixed[4]!,
    ...(from ? { from: `${addressText(from)}/${fixed[2]}` } : {}),
    ...(to ? { to: `${addressText(to)}/${fixed[1]}` } : {}),
    mark: attributes.get(10)?.readUInt32LE(0),
  };
};

const READERS = { link: readLink, address: readAddress, route: readRoute, neighbour: readNeighbour, rule: readRule };
