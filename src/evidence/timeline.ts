/**
 * The timeline: packets of every link, netlink events, daemon output and lab steps in one ordered stream
 * with one clock. It is what a run leaves behind as timeline.jsonl, and all that decisions are read from.
 */

/** Milliseconds since the lab began, with microseconds behind the point; CLOCK_REALTIME underneath. */
export type Instant = number;

export type TimelineEvent =
  | PacketEvent
  | NetlinkEvent
  | { at: Instant; kind: 'log'; node: string; daemon: string; stream: 'stdout' | 'stderr'; text: string }
  | { at: Instant; kind: 'daemon'; daemon: string; what: 'started' | 'ready' | 'reloaded' }
  | {
      at: Instant;
      kind: 'daemon';
      daemon: string;
      what: 'exited';
      code: number | null;
      signal: string | null;
      expected: boolean;
    }
  | { at: Instant; kind: 'step'; index: number; title: string; phase: 'begin' | 'end' }
  /** The first line of what the host's stack says of its version. */
  | { at: Instant; kind: 'stack'; version: string }
  /** The host's resolver configuration as it is from now on. */
  | { at: Instant; kind: 'resolver'; node: string; text: string }
  | { at: Instant; kind: 'network-ready' }
  | { at: Instant; kind: 'probe'; probe: string; what: 'asked'; attempt: number; destination?: string }
  | { at: Instant; kind: 'probe'; probe: string; what: 'answer'; answer: HostAnswer }
  | { at: Instant; kind: 'probe'; probe: string; what: 'done' }
  /** How many packets the capture missed: any but 0 makes the lab inconclusive. */
  | { at: Instant; kind: 'capture'; seen: number; dropped: number };

export interface PacketEvent {
  at: Instant;
  kind: 'packet';
  /** From 1, in the order of the pcapng. */
  number: number;
  link: string;
  /** The node whose port it came in by: the sender, whatever its addresses say. */
  node: string;
  /** Length on the wire in bytes. */
  length: number;
  /** The captured bytes (at most 1900), base64. */
  data: string;
}

export type NetlinkEvent = {
  at: Instant;
  kind: 'netlink';
  node: string;
  what: 'new' | 'deleted';
} & (
  | {
      object: 'link';
      interface: string;
      up: boolean;
      carrier: boolean;
      /** Without carrier: the kernel has not taken note of that yet (operational status, RFC 2863). */
      running?: true;
    }
  | {
      object: 'address';
      interface: string;
      address: string;
      prefixLength: number;
      flags: ('tentative' | 'deprecated' | 'dadfailed' | 'optimistic' | 'temporary' | 'permanent')[];
      scope: 'global' | 'site' | 'link' | 'host';
      /** Seconds; Infinity is written as null. */
      preferredLifetime: number | null;
      validLifetime: number | null;
    }
  | {
      object: 'route';
      family: 'ipv4' | 'ipv6';
      /** A prefix, or default. */
      destination: string;
      /** Of a source-specific route. */
      from?: string;
      nextHops: { via?: string; interface?: string }[];
      table: number;
      metric?: number;
      preference?: 'low' | 'medium' | 'high';
      protocol: string;
      type: string;
      source?: string;
      /** Takes the place of the route of the same destination and metric, which is not said to be deleted. */
      replaces?: boolean;
    }
  | {
      object: 'neighbour';
      interface: string;
      address: string;
      mac?: string;
      state:
        | 'incomplete'
        | 'reachable'
        | 'stale'
        | 'delay'
        | 'probe'
        | 'failed'
        | 'noarp'
        | 'permanent'
        | 'none';
      router: boolean;
    }
  | {
      object: 'rule';
      family: 'ipv4' | 'ipv6';
      priority: number;
      table: number;
      from?: string;
      to?: string;
      mark?: number;
    }
);

interface Way {
  interface?: string;
  via?: string;
  source?: string;
  error?: string;
}

/** What the host itself said: compared with the wire, never believed instead of it. */
export interface HostAnswer {
  destination?: string;
  /** getsockname() after connect. */
  socketAddress?: string;
  socketPort?: number;
  /** What `ip route get` says, with the probe's source, mark, link, user, protocol and ports, before the packet is sent. */
  route?: Way;
  /** The same after it, where the host says otherwise by then. */
  routeAfter?: Way;
  /** The errno name of a socket call that failed, or how a program ended: ENETUNREACH, exit 2. */
  error?: string;
  /** A program that was ended at the deadline of its probe. */
  unended?: boolean;
  /** The client that asked, with its version: musl 1.2.3. */
  client?: string;
  /** A resolver's addresses in order. */
  addresses?: string[];
  /** The connections that an application says it began, in order. */
  tried?: { address: string; port: number }[];
  /** ICE candidates, in the order in which they were told. */
  candidates?: { type: string; address: string; port: number; priority: number }[];
  /** The names that a resolver found for an address. */
  names?: string[];
  /** What a program printed, at most 4 kB. */
  output?: string;
}
