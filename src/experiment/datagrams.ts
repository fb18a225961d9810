/** Frames that a node sends to a MAC address of its choice: UDP, TCP SYN, ICMP echo, ARP and NS. Pure. */
import { addressBytes, internetChecksum, macBytes, uint } from '../plan/bytes.ts';

interface Datagram {
  packet: 'udp' | 'tcp' | 'ping' | 'arp' | 'neighbour-solicitation';
  sourceMac: string;
  destinationMac: string;
  source: string;
  destination: string;
  /** Source and destination port alike; the identifier of an ICMP echo request. */
  port: number;
  data: Uint8Array;
}

const PROTOCOL = { udp: 17, tcp: 6, icmp: 1, icmpv6: 58 };
const HOP_LIMIT = 64;
/** Neighbour discovery is believed only with hop limit 255 (RFC 4861 section 7.1.1). */
const ND_HOP_LIMIT = 255;

export const datagramFrame = (datagram: Datagram): Buffer => {
  const isIpv6 = datagram.destination.includes(':');
  if (datagram.packet === 'arp') return Buffer.concat([ethernet(datagram, '0806'), arpRequest(datagram)]);
  return Buffer.concat([
    ethernet(datagram, isIpv6 ? '86dd' : '0800'),
    isIpv6 ? ipv6(datagram) : ipv4(datagram),
  ]);
};

const ethernet = ({ sourceMac, destinationMac }: Datagram, type: string): Buffer =>
  Buffer.concat([macBytes(destinationMac), macBytes(sourceMac), Buffer.from(type, 'hex')]);

const arpRequest = ({ sourceMac, source, destination }: Datagram): Buffer =>
  Buffer.concat([
    Buffer.from('0001080006040001', 'hex'),
    macBytes(sourceMac),
    addressBytes(source),
    Buffer.alloc(6),
    addressBytes(destination),
  ]);

const ipv4 = (datagram: Datagram): Buffer => {
  const protocol = datagram.packet === 'ping' ? PROTOCOL.icmp : PROTOCOL[datagram.packet as 'udp' | 'tcp'];
  const payload = transport(datagram, protocol);
  const header = Buffer.concat([
    Buffer.from([0x45, 0]),
    uint('total length', 2, 20 + payload.length),
    Buffer.alloc(4),
    Buffer.from([HOP_LIMIT, protocol, 0, 0]),
    addressBytes(datagram.source),
    addressBytes(datagram.destination),
  ]);
  header.writeUInt16BE(internetChecksum(header), 10);
  return Buffer.concat([header, payload]);
};

const ipv6 = (datagram: Datagram): Buffer => {
  const solicits = datagram.packet === 'neighbour-solicitation';
  const protocol =
    solicits || datagram.packet === 'ping' ? PROTOCOL.icmpv6 : PROTOCOL[datagram.packet as 'udp' | 'tcp'];
  const payload = transport(datagram, protocol);
  return Buffer.concat([
    Buffer.from([0x60, 0, 0, 0]),
    uint('payload length', 2, payload.length),
    Buffer.from([protocol, solicits ? ND_HOP_LIMIT : HOP_LIMIT]),
    addressBytes(datagram.source),
    addressBytes(datagram.destination),
    payload,
  ]);
};

const transport = (datagram: Datagram, protocol: number): Buffer => {
  const { message, checksumAt } = messageOf(datagram, protocol);
  const covered =
    protocol === PROTOCOL.icmp
      ? message
      : Buffer.concat([
          addressBytes(datagram.source),
          addressBytes(datagram.destination),
          uint('length', 4, message.length),
          uint('protocol', 4, protocol),
          message,
        ]);
  message.writeUInt16BE(internetChecksum(covered), checksumAt);
  return message;
};

const messageOf = (
  { packet, port, data, sourceMac, destination }: Datagram,
  protocol: number,
): { message: Buffer; checksumAt: number } => {
  const ports = Buffer.concat([uint('port', 2, port), uint('port', 2, port)]);
  switch (packet) {
    case 'udp':
      return {
        message: Buffer.concat([ports, uint('length', 2, 8 + data.length), Buffer.alloc(2), data]),
        checksumAt: 6,
      };
    case 'tcp':
      return {
        message: Buffer.concat([
          ports,
          uint('sequence', 4, 1),
          Buffer.alloc(4),
          Buffer.from('5002ffff00000000', 'hex'),
        ]),
        checksumAt: 16,
      };
    case 'neighbour-solicitation':
      return {
        message: Buffer.concat([
          Buffer.from([135, 0, 0, 0, 0, 0, 0, 0]),
          addressBytes(destination),
          Buffer.from([1, 1]),
          macBytes(sourceMac),
        ]),
        checksumAt: 2,
      };
    default: {
      const type = protocol === PROTOCOL.icmpv6 ? 128 : 8;
      return {
        message: Buffer.concat([
          Buffer.from([type, 0, 0, 0]),
          uint('identifier', 2, port),
          uint('sequence', 2, 1),
          data,
        ]),
        checksumAt: 2,
      };
    }
  }
};
