/** The headers that decide, read from a captured frame. What miflab does not read is left to Wireshark. */

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
  ip?: { version: 4 | 6; source: string; destination: string; hopLimit: number; protocol: number; fragment: boolean };
  udp?: { sourcePort: number; destinationPort: number };
  tcp?: { sourcePort: number; destinationPort: number; syn: boolean; ack: boolean; fin: boolean; rst: boolean };
  icmp?: { type: number; code: number; identifier?: number; sequence?: number };
  /** Target of NS, NA and redirect; destination of a redirect; the router flag of an NA; the lifetime of an RA in seconds. */
  nd?: { target?: string; destination?: string; router?: boolean; lifetime?: number; preference?: 'low' | 'medium' | 'high' };
  /** The packet that an ICMP error quotes, as far as it is there. */
  quoted?: Omit<Headers, 'ethernet'>;
  /** What follows the last header read. */
  payload: Uint8Array;
}
