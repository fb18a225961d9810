/** The headers that decide, read from a captured frame. What miflab does not read is left to Wireshark. */
import { addressText, macText } from './address.ts';
import { readIcmp } from './icmp.ts';
import { type Layers, other } from './layers.ts';
import { readTcp, readUdp } from './transport.ts';

export type PacketKind =
  | 'router-solicitation'
  | 'router-advertisement'
  | 'neighbour-solicitation'
  | 'neighbour-advertisement'
  | 'redirect'
  | 'arp-request'
  | 'arp-reply'
  | 'dhcpv4'
  | 'dhcpv6'
  | 'dns'
  | 'icmp-unreachable'
  | 'icmp-error'
  | 'ping-request'
  | 'ping-reply'
  | 'udp'
  | 'tcp'
  | 'other';

export interface Headers {
  kind: PacketKind;
  ethernet: { source: string; destination: string; type: number };
  arp?: { senderMac: string; senderAddress: string; targetMac: string; targetAddress: string };
  /** Addresses in the canonical text form of RFC 5952. */
  ip?: {
    version: 4 | 6;
    source: string;
    destination: string;
    hopLimit: number;
    protocol: number;
    fragment: boolean;
  };
  udp?: { sourcePort: number; destinationPort: number };
  tcp?: {
    sourcePort: number;
    destinationPort: number;
    syn: boolean;
    ack: boolean;
    fin: boolean;
    rst: boolean;
  };
  /** The MTU of the next hop where an error tells it. */
  icmp?: { type: number; code: number; identifier?: number; sequence?: number; mtu?: number };
  /** Target of NS, NA and redirect; destination of a redirect; the router flag of an NA; the lifetime of an RA in seconds. */
  nd?: {
    target?: string;
    destination?: string;
    router?: boolean;
    lifetime?: number;
    preference?: 'low' | 'medium' | 'high';
  };
  /** The packet that an ICMP error quotes, as far as it is there. */
  quoted?: Omit<Headers, 'ethernet'>;
  /** What follows the last header read. */
  payload: Uint8Array;
}

const ETHERNET_HEADER = 14;
const VLAN_TAG = 4;
const EtherType = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, ipv6: 0x86dd, serviceVlan: 0x88a8 };
const Protocol = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 };
const ExtensionHeader = {
  hopByHop: 0,
  routing: 43,
  fragment: 44,
  authentication: 51,
  destinationOptions: 60,
};

/**
 * Reads the headers of an Ethernet frame, as far as they are there: a frame that is cut short or malformed
 * yields the layers before the damage, kind 'other' where the damage hides what it is. Never throws.
 */
export const readHeaders = (frame: Uint8Array): Headers => {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  const { type, rest } = skipVlanTags(bytes);
  const ethernet = {
    destination: macText(bytes.subarray(0, 6)),
    source: macText(bytes.subarray(6, 12)),
    type,
  };
  return { ethernet, ...readNetwork(type, rest) };
};

/** The type behind any 802.1Q tags, and what follows it. */
const skipVlanTags = (frame: Buffer): { type: number; rest: Buffer } => {
  let end = ETHERNET_HEADER;
  while (isVlanTag(frame, end) && frame.length >= end + VLAN_TAG) end += VLAN_TAG;
  return { type: frame.length < end ? 0 : frame.readUInt16BE(end - 2), rest: frame.subarray(end) };
};

const isVlanTag = (frame: Buffer, end: number): boolean => {
  if (frame.length < end) return false;
  const type = frame.readUInt16BE(end - 2);
  return type === EtherType.vlan || type === EtherType.serviceVlan;
};

const readNetwork = (type: number, bytes: Buffer): Layers => {
  if (type === EtherType.ipv6) return readIpv6(bytes);
  if (type === EtherType.ipv4) return readIpv4(bytes);
  if (type === EtherType.arp) return readArp(bytes);
  return other(bytes);
};

/** ARP for IPv4 over Ethernet (RFC 826). */
const readArp = (bytes: Buffer): Layers => {
  const ethernetAndIpv4 = bytes.length >= 28 && bytes.readUIntBE(0, 6) === 0x0001_0800_0604;
  const operation = ethernetAndIpv4 ? bytes.readUInt16BE(6) : 0;
  if (operation !== 1 && operation !== 2) return other(bytes);
  return {
    kind: operation === 1 ? 'arp-request' : 'arp-reply',
    arp: {
      senderMac: macText(bytes.subarray(8, 14)),
      senderAddress: addressText(bytes.subarray(14, 18)),
      targetMac: macText(bytes.subarray(18, 24)),
      targetAddress: addressText(bytes.subarray(24, 28)),
    },
    payload: bytes.subarray(28),
  };
};

const readIpv4 = (bytes: Buffer): Layers => {
  const headerLength = ((bytes[0] ?? 0) % 16) << 2;
  if (bytes.length < Math.max(20, headerLength) || headerLength < 20 || bytes[0]! >> 4 !== 4)
    return other(bytes);
  const fragmentOffset = bytes.readUInt16BE(6) & 0x1fff;
  const moreFragments = (bytes[6]! & 0x20) !== 0;
  const ip: Layers['ip'] = {
    version: 4,
    source: addressText(bytes.subarray(12, 16)),
    destination: addressText(bytes.subarray(16, 20)),
    hopLimit: bytes[8]!,
    protocol: bytes[9]!,
    fragment: moreFragments || fragmentOffset > 0,
  };
  const payload = untilLength(bytes, headerLength, bytes.readUInt16BE(2));
  return { ip, ...(fragmentOffset > 0 ? other(payload) : readUpperLayer(ip.protocol, payload)) };
};

const readIpv6 = (bytes: Buffer): Layers => {
  if (bytes.length < 40 || bytes[0]! >> 4 !== 6) return other(bytes);
  const payloadLength = bytes.readUInt16BE(4);
  const extensions = untilLength(bytes, 40, payloadLength && 40 + payloadLength);
  const { protocol, fragment, fragmentOffset, rest } = skipExtensionHeaders(bytes[6]!, extensions);
  const ip: Layers['ip'] = {
    version: 6,
    source: addressText(bytes.subarray(8, 24)),
    destination: addressText(bytes.subarray(24, 40)),
    hopLimit: bytes[7]!,
    protocol,
    fragment,
  };
  return { ip, ...(fragmentOffset > 0 ? other(rest) : readUpperLayer(protocol, rest)) };
};

/** Without Ethernet's padding. A length of 0 is a packet that the sender's segmentation offload has yet to cut. */
const untilLength = (bytes: Buffer, start: number, end: number): Buffer =>
  bytes.subarray(start, end >= start ? end : undefined);

/** Hop-by-hop options, routing, destination options, fragment and authentication headers (RFC 8200 section 4). */
const skipExtensionHeaders = (first: number, bytes: Buffer) => {
  let protocol = first;
  let rest = bytes;
  let fragment = false;
  let fragmentOffset = 0;
  for (;;) {
    const length = extensionHeaderLength(protocol, rest);
    if (length === undefined || rest.length < length) return { protocol, fragment, fragmentOffset, rest };
    if (protocol === ExtensionHeader.fragment) {
      fragment = true;
      fragmentOffset = rest.readUInt16BE(2) >> 3;
    }
    protocol = rest[0]!;
    rest = rest.subarray(length);
    if (fragmentOffset > 0) return { protocol, fragment, fragmentOffset, rest };
  }
};

/** Undefined: no extension header, or not enough of it to know. */
const extensionHeaderLength = (protocol: number, bytes: Buffer): number | undefined => {
  const length = bytes[1];
  if (length === undefined) return undefined;
  switch (protocol) {
    case ExtensionHeader.hopByHop:
    case ExtensionHeader.routing:
    case ExtensionHeader.destinationOptions:
      return (length + 1) * 8;
    case ExtensionHeader.fragment:
      return 8;
    case ExtensionHeader.authentication:
      return (length + 2) * 4;
    default:
      return undefined;
  }
};

const readUpperLayer = (protocol: number, bytes: Buffer): Layers => {
  if (protocol === Protocol.udp) return readUdp(bytes);
  if (protocol === Protocol.tcp) return readTcp(bytes);
  if (protocol === Protocol.icmp) return readIcmp(4, bytes, readIpv4);
  if (protocol === Protocol.icmpv6) return readIcmp(6, bytes, readIpv6);
  return other(bytes);
};
