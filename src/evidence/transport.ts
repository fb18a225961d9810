/** UDP and TCP headers. Of a packet quoted in an ICMP error there may be no more than the ports: they suffice. */
import type { PacketKind } from './headers.ts';
import { type Layers, other } from './layers.ts';

const DNS = 53;
const DHCP_PORTS = new Map<number, PacketKind>([
  [67, 'dhcpv4'],
  [68, 'dhcpv4'],
  [546, 'dhcpv6'],
  [547, 'dhcpv6'],
]);

export const readUdp = (bytes: Buffer): Layers => {
  if (bytes.length < 4) return other(bytes);
  const udp = readPorts(bytes);
  return { kind: udpKind(udp), udp, payload: bytes.subarray(8) };
};

/** Flags that are cut off read as false. */
export const readTcp = (bytes: Buffer): Layers => {
  if (bytes.length < 4) return other(bytes);
  const ports = readPorts(bytes);
  const flags = bytes[13] ?? 0;
  const headerLength = Math.max(20, ((bytes[12] ?? 0) >> 4) * 4);
  return {
    kind: isDns(ports) ? 'dns' : 'tcp',
    tcp: {
      ...ports,
      fin: (flags & 0x01) !== 0,
      syn: (flags & 0x02) !== 0,
      rst: (flags & 0x04) !== 0,
      ack: (flags & 0x10) !== 0,
    },
    payload: bytes.subarray(headerLength),
  };
};

interface Ports {
  sourcePort: number;
  destinationPort: number;
}

const readPorts = (bytes: Buffer): Ports => ({
  sourcePort: bytes.readUInt16BE(0),
  destinationPort: bytes.readUInt16BE(2),
});

const isDns = ({ sourcePort, destinationPort }: Ports): boolean =>
  sourcePort === DNS || destinationPort === DNS;

const udpKind = (ports: Ports): PacketKind =>
  isDns(ports) ? 'dns' : (DHCP_PORTS.get(ports.destinationPort) ?? DHCP_PORTS.get(ports.sourcePort) ?? 'udp');
