/** The question which way a packet would go, as a request of rtnetlink(7). Pure. */
import type { Request } from '../evidence/netlink-messages.ts';
import { addressBytes, uint } from '../plan/bytes.ts';
import { AF } from '../sys/libc.ts';
import type { WayQuestion } from './host.ts';

const RTM_GETROUTE = 26;
/** linux/rtnetlink.h */
const Attribute = {
  destination: 1,
  source: 2,
  interface: 4,
  mark: 16,
  user: 25,
  protocol: 27,
  sourcePort: 28,
  destinationPort: 29,
};
const PROTOCOLS = { udp: 17, tcp: 6, icmp: 1, icmpv6: 58 };

/**
 * With the source, mark, link and user of the probe, protocol and ports.
 *
 * @param link the index of the link that the question is bound to
 */
export const wayRequest = (
  destination: string,
  { mark, user, flow }: WayQuestion,
  { source, link }: { source?: string; link?: number },
): Request => {
  const to = addressBytes(destination);
  const from = source === undefined ? undefined : addressBytes(source);
  const attributes: [type: number, value: Uint8Array | undefined][] = [
    [Attribute.destination, to],
    [Attribute.source, from],
    [Attribute.interface, word(link)],
    [Attribute.mark, word(mark)],
    [Attribute.user, word(user)],
    ...flowAttributes(flow, to.length === 16),
  ];
  return {
    type: RTM_GETROUTE,
    object: routeObject(to, from),
    attributes: attributes.filter((one): one is [number, Uint8Array] => one[1] !== undefined),
  };
};

/** struct rtmsg: family, and the lengths of the addresses in bits. */
const routeObject = (to: Buffer, from: Buffer | undefined): Buffer => {
  const object = Buffer.alloc(12);
  object.writeUInt8(to.length === 4 ? AF.INET : AF.INET6, 0);
  object.writeUInt8(8 * to.length, 1);
  object.writeUInt8(8 * (from?.length ?? 0), 2);
  return object;
};

const flowAttributes = (
  flow: WayQuestion['flow'],
  isIpv6: boolean,
): [type: number, value: Uint8Array | undefined][] => {
  if (!flow) return [];
  const { kind, port, socketPort } = flow;
  if (kind === 'ping')
    return [[Attribute.protocol, Uint8Array.of(isIpv6 ? PROTOCOLS.icmpv6 : PROTOCOLS.icmp)]];
  return [
    [Attribute.protocol, Uint8Array.of(PROTOCOLS[kind])],
    [Attribute.sourcePort, socketPort === undefined ? undefined : uint('source port', 2, socketPort)],
    [Attribute.destinationPort, uint('destination port', 2, port)],
  ];
};

/** In the machine's order. */
const word = (value: number | undefined): Uint8Array | undefined => {
  if (value === undefined) return undefined;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
