/** A state of the host under test, in addresses instead of names: what a wait step waits for. Plain data. */
export interface HostState {
  node: string;
  /**
   * Default routes through one of these next hops on these interfaces; the router's name is for people. Where the
   * stack does not make a route of every router, `known`: what a daemon has said once it knows this one.
   */
  defaultRouters: {
    interface: string;
    addresses: string[];
    router?: string;
    known?: { daemon: string; pattern: string };
  }[];
  noDefaultRouters: { interface: string; addresses: string[]; router?: string }[];
  /** On an interface a usable address within one of these ranges, those ends included. */
  leases: { interface: string; protocol: 'dhcpv4' | 'dhcpv6'; ranges: [first: string, last: string][] }[];
  /** On an interface, or on any where none is named, a usable address within a prefix: 2001:db8:a::/64. */
  addressesWithin: { interface?: string; prefix: string }[];
  addresses: string[];
  /** Addresses, or prefixes for all addresses within them. */
  noAddresses: string[];
  /** Addresses, or prefixes for one address within each. */
  deprecated: string[];
  /** Interfaces with a usable temporary address. */
  temporary: string[];
  routes: string[];
  noRoutes: string[];
  neighbours: {
    interface: string;
    addresses: string[];
    state: 'reachable' | 'stale' | 'delay' | 'probe' | 'failed' | 'gone';
  }[];
  /** Name servers in /etc/resolv.conf. */
  resolvers: string[];
  /** Texts in the output of daemons since the wait began. */
  logs: { daemon: string; text: string }[];
  /** Regular expressions that the output of daemons has matched since they started. */
  said: { daemon: string; pattern: string }[];
  packets: { link: string; node?: string; kind: string }[];
}

/** A state that asks for nothing. */
export const anyState = (node: string): HostState => ({
  node,
  defaultRouters: [],
  noDefaultRouters: [],
  leases: [],
  addressesWithin: [],
  addresses: [],
  noAddresses: [],
  deprecated: [],
  temporary: [],
  routes: [],
  noRoutes: [],
  neighbours: [],
  resolvers: [],
  logs: [],
  said: [],
  packets: [],
});

/** A state that asks for all that either asks for. */
export const bothStates = ({ node, ...one }: HostState, other: HostState): HostState => ({
  node,
  ...(Object.fromEntries(
    Object.entries(one).map(([key, wanted]) => [key, [...wanted, ...other[key as keyof typeof one]]]),
  ) as typeof one),
});
