/** DNS messages, as far as decisions are read from them. Pure. */
import { isIPv4, SocketAddress } from 'node:net';
import { type Answer, type DecodedPacket, decode } from 'dns-packet';
import { addressBytes } from '../plan/bytes.ts';

export interface DnsMessage {
  id: number;
  response: boolean;
  /** The question's name in lower case, without the final dot. */
  name: string;
  /** A, AAAA, …; UNKNOWN_65 for a type without a name. */
  type: string;
  /** NOERROR, NXDOMAIN, … */
  rcode: string;
  /** Addresses of the answer section's A and AAAA records, in order, in the form of RFC 5952. */
  addresses: string[];
}

/** Reads the payload of a UDP datagram. Undefined: no DNS message, one cut short, or one without a question. */
export const readDns = (payload: Uint8Array): DnsMessage | undefined => {
  try {
    return messageOf(decode(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)));
  } catch {
    return undefined;
  }
};

/** Reads the payload of a TCP segment that begins with a message, behind its length (RFC 1035 section 4.2.2). */
export const readDnsOverTcp = (payload: Uint8Array): DnsMessage | undefined => readDns(payload.subarray(2));

const messageOf = (packet: DecodedPacket): DnsMessage | undefined => {
  const question = packet.questions?.[0];
  if (!question) return undefined;
  return {
    id: packet.id!,
    response: packet.flag_qr,
    name: question.name.toLowerCase(),
    type: question.type,
    rcode: (packet as DecodedPacket & { rcode: string }).rcode,
    addresses: (packet.answers ?? []).flatMap(addressesOf),
  };
};

const addressesOf = (answer: Answer): string[] => {
  if (answer.type === 'A') return isIPv4(answer.data) ? [answer.data] : [];
  if (answer.type === 'AAAA') return [new SocketAddress({ family: 'ipv6', address: answer.data }).address];
  return [];
};

/** 192.0.2.1 → 1.2.0.192.in-addr.arpa, and by nibbles below ip6.arpa (RFC 3596 section 2.5). */
export const reverseName = (address: string): string => {
  const bytes = [...addressBytes(address)];
  if (bytes.length === 4) return `${bytes.toReversed().join('.')}.in-addr.arpa`;
  const nibbles = bytes.flatMap((byte) => [byte >> 4, byte & 15]);
  return `${nibbles
    .toReversed()
    .map((nibble) => nibble.toString(16))
    .join('.')}.ip6.arpa`;
};
