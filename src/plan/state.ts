/** A state of the host under test, in addresses instead of names: what a wait step waits for. Plain data. */
export interface HostState {
  node: string;
  /** Default routes through these next hops on these interfaces; the router's name is for people. */
  defaultRouters: { interface: string; addresses: string[]; router?: string }[];
  noDefaultRouters: { interface: string; addresses: string[]; router?: string }[];
  /** On an interface a usable address within a prefix: 2001:db8:a::/64. */
  addressesWithin: { interface: string; prefix: string }[];
  addresses: string[];
  noAddresses: string[];
  deprecated: string[];
  routes: string[];
  noRoutes: string[];
  neighbours: {
    interface: string;
    addresses: string[];
    state: 'reachable' | 'stale' | 'delay' | 'probe' | 'failed' | 'gone';
  }[];
  /** Name servers in /etc/resolv.conf. */
  resolvers: string[];
  logs: { daemon: string; text: string }[];
  packets: { link: string; node?: string; kind: string }[];
}
