/** ICMP (RFC 792), ICMPv6 (RFC 4443) and Neighbor Discovery (RFC 4861 section 4). */
import { addressText } from './address.ts';
import type { Headers, PacketKind } from './headers.ts';
import { type Layers, other } from './layers.ts';

const kindsOfIcmp: Record<number, PacketKind> = {
  0: 'ping-reply',
  3: 'icmp-unreachable',
  4: 'icmp-error',
  5: 'redirect',
  8: 'ping-request',
  11: 'icmp-error',
  12: 'icmp-error',
};

const kindsOfIcmpv6: Record<number, PacketKind> = {
  1: 'icmp-unreachable',
  2: 'icmp-error',
  3: 'icmp-error',
  4: 'icmp-error',
  128: 'ping-request',
  129: 'ping-reply',
  133: 'router-solicitation',
  134: 'router-advertisement',
  135: 'neighbour-solicitation',
  136: 'neighbour-advertisement',
  137: 'redirect',
};

/** Reads an ICMP message; `readQuoted` reads the packet that an error, or an ICMPv4 redirect, quotes. */
export const readIcmp = (version: 4 | 6, bytes: Buffer, readQuoted: (bytes: Buffer) => Layers): Layers => {
  if (bytes.length < 4) return other(bytes);
  const icmp = { type: bytes[0]!, code: bytes[1]! };
  const kind = (version === 4 ? kindsOfIcmp : kindsOfIcmpv6)[icmp.type] ?? 'other';
  switch (kind) {
    case 'ping-request':
    case 'ping-reply':
      return { kind, icmp: { ...icmp, ...readEcho(bytes) }, payload: bytes.subarray(8) };
    case 'icmp-unreachable':
    case 'icmp-error':
      return {
        kind,
        icmp: { ...icmp, ...readMtu(version, bytes) },
        quoted: readQuoted(bytes.subarray(8)),
        payload: bytes.subarray(8),
      };
    case 'redirect':
      return {
        kind,
        icmp,
        ...(version === 4 ? readRedirect(bytes, readQuoted) : readNeighbourDiscovery(kind, bytes)),
      };
    default:
      return { kind, icmp, ...readNeighbourDiscovery(kind, bytes) };
  }
};

const readEcho = (bytes: Buffer) =>
  bytes.length < 8 ? {} : { identifier: bytes.readUInt16BE(4), sequence: bytes.readUInt16BE(6) };

/** The next hop's MTU, in packet too big (RFC 4443 section 3.2) and fragmentation needed (RFC 1191 section 4). */
const readMtu = (version: 4 | 6, bytes: Buffer): { mtu?: number } => {
  if (bytes.length < 8) return {};
  if (version === 6) return bytes[0] === 2 ? { mtu: bytes.readUInt32BE(4) } : {};
  return bytes[0] === 3 && bytes[1] === 4 ? { mtu: bytes.readUInt16BE(6) } : {};
};

/** An ICMPv4 redirect names the better gateway and quotes a packet to the destination redirected. */
const readRedirect = (bytes: Buffer, readQuoted: (bytes: Buffer) => Layers) => {
  const quoted = readQuoted(bytes.subarray(8));
  const nd = {
    ...addressAt(bytes, 4, 4, 'target'),
    ...(quoted.ip && { destination: quoted.ip.destination }),
  };
  return { nd, quoted, payload: bytes.subarray(8) };
};

/** The fixed fields; the payload is the options. */
const readNeighbourDiscovery = (kind: PacketKind, bytes: Buffer): Pick<Headers, 'nd' | 'payload'> => {
  switch (kind) {
    case 'router-solicitation':
      return { nd: {}, payload: bytes.subarray(8) };
    case 'router-advertisement':
      return { nd: readRouterAdvertisement(bytes), payload: bytes.subarray(16) };
    case 'neighbour-solicitation':
      return { nd: addressAt(bytes, 8, 16, 'target'), payload: bytes.subarray(24) };
    case 'neighbour-advertisement':
      return {
        nd: {
          ...addressAt(bytes, 8, 16, 'target'),
          ...(bytes.length > 4 && { router: (bytes[4]! & 0x80) !== 0 }),
        },
        payload: bytes.subarray(24),
      };
    case 'redirect':
      return {
        nd: { ...addressAt(bytes, 8, 16, 'target'), ...addressAt(bytes, 24, 16, 'destination') },
        payload: bytes.subarray(40),
      };
    default:
      return { payload: bytes.subarray(4) };
  }
};

const addressAt = <Name extends string>(bytes: Buffer, at: number, length: number, name: Name) =>
  (bytes.length < at + length ? {} : { [name]: addressText(bytes.subarray(at, at + length)) }) as {
    [name in Name]?: string;
  };

const readRouterAdvertisement = (bytes: Buffer): Headers['nd'] =>
  bytes.length < 8 ? {} : { lifetime: bytes.readUInt16BE(6), preference: preferences[(bytes[5]! >> 3) & 3] };

/** RFC 4191 section 2.1; the reserved value 10 is none of the three. */
const preferences = ['medium', 'high', undefined, 'low'] as const;
