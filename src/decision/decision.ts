import type { Way } from './way.ts';

/** What the stack decided for one probe, read from the evidence. Absent members: the question did not arise. */
export interface Decision {
  probe: string;
  /** Whether a packet of the probe left the host. */
  sent: boolean;
  /** First hop by its MAC address on the wire: the name of a node, 'on-link' for the destination itself, or the MAC address of nobody. */
  router?: string;
  link?: string;
  /** Source address on the wire. */
  source?: string;
  /** The network whose prefix the source has. */
  sourceNetwork?: string;
  /** Which of that network's prefixes, where it has several. */
  sourcePrefix?: string;
  /** Whether the source is a temporary address (RFC 8981). */
  temporary?: boolean;
  destination?: string;
  hopLimit?: number;
  /** Whether an answer came. A refusal (a TCP reset, an ICMP error) is none: `error` tells it. */
  answered?: boolean;
  /** The node that answered or refused, by its port on the wire. */
  by?: string;
  /** Milliseconds from the probe's first packet to the answer, both on the host's link. */
  answerAfterMs?: number;
  /** The way by which the answer came: the router that brought it, or 'on-link'. */
  arrival?: { router: string; link: string };
  /** What the host was told instead, ENETUNREACH; where it was told nothing, what the wire shows: 'icmp no route'. */
  error?: string;
  /** The client that asked, with its version as it says it: musl 1.2.3. */
  client?: string;
  /** Addresses in order: as a resolver gave them, or as an application tried them on the wire. */
  order?: string[];
  /** The names that a resolver found for an address. */
  names?: string[];
  /** DNS servers asked, in order of their first query. */
  servers?: ServerAsked[];
  /** Connections that an application began, in order of their first packet. */
  attempts?: ConnectionAttempt[];
  /** The host's own ICE candidates, the highest priority first. */
  candidates?: { address: string; network?: string; priority: number }[];
  uniquePriorities?: boolean;
  /** Global addresses of the host that are no candidate. */
  missing?: string[];
  /** Milliseconds from the first attempt, or DNS query, to the first one to another destination, or server. */
  fallbackMs?: number;
  /** The way the host's answer took. */
  reply?: { sent: boolean } & Partial<Way>;
  distribution?: (Way & { count: number })[];
  /** Length of the outage, for probes that were repeated until something was so. */
  outageMs?: number;
  /** Neighbour states of the host's first hops during the probe, in order. */
  neighbourStates?: { at: number; address: string; state: string }[];
  /** Numbers of the packets that show it. */
  packets: number[];
  /** Where the host's own answer says otherwise than the wire, a sentence each. */
  contradictions: string[];
  /** Why the wire gives no clear answer; then nothing may be called conforming. */
  unclear?: string;
}

export interface ServerAsked {
  server: string;
  address: string;
  link: string;
  source: string;
  /** What it was asked; milliseconds count from the probe's first query. */
  queries: { name: string; type: string; transport: 'udp' | 'tcp'; afterMs: number }[];
  answered: boolean;
}

/** One connection: the same ports of the same addresses. */
export interface ConnectionAttempt {
  destination: string;
  link: string;
  router: string;
  source: string;
  /** From the first attempt. */
  afterMs: number;
  /** Whether it was established. */
  answered: boolean;
}
