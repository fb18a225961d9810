import type { HostChange } from '../../src/evidence/netlink.ts';

export interface RecordedStep {
  command: string;
  /** In hex. */
  datagrams: string[];
  dump: string[];
}

/** Whether an event has the expected members. */
export const isLike = (change: HostChange, expected: Record<string, unknown>): boolean =>
  Object.entries(expected).every(
    ([key, value]) =>
      JSON.stringify((change as unknown as Record<string, unknown>)[key]) === JSON.stringify(value),
  );

/** ip(8) commands, and the events that each must cause. No automatic addresses: nothing happens that no one asked for. */
export const script: [command: string, ...expected: Record<string, unknown>[]][] = [
  [
    'link add name wifi index 10 type veth peer name port index 11',
    { what: 'new', object: 'link', interface: 'wifi', up: false },
  ],
  ['link set wifi addrgenmode none'],
  ['link set port addrgenmode none'],
  ['link set port up', { object: 'link', interface: 'port', up: true, carrier: false }],
  [
    'link set wifi up',
    { object: 'link', interface: 'wifi', up: true, carrier: true },
    { object: 'link', interface: 'port', carrier: true },
  ],
  [
    'address add 192.0.2.5/24 dev wifi',
    {
      what: 'new',
      object: 'address',
      interface: 'wifi',
      address: '192.0.2.5',
      prefixLength: 24,
      flags: ['permanent'],
      scope: 'global',
      preferredLifetime: null,
    },
  ],
  [
    'address add 2001:db8::5/64 dev wifi nodad valid_lft 3600 preferred_lft 0',
    {
      object: 'address',
      address: '2001:db8::5',
      prefixLength: 64,
      flags: ['deprecated'],
      preferredLifetime: 0,
      validLifetime: 3600,
    },
  ],
  [
    'address add 2001:db8:1::5/64 dev wifi',
    { object: 'address', address: '2001:db8:1::5', flags: ['tentative', 'permanent'] },
  ],
  ['address add fe80::5/64 dev wifi nodad', { object: 'address', address: 'fe80::5', scope: 'link' }],
  [
    'route add default via 192.0.2.1 dev wifi metric 7',
    {
      what: 'new',
      object: 'route',
      family: 'ipv4',
      destination: 'default',
      nextHops: [{ via: '192.0.2.1', interface: 'wifi' }],
      table: 254,
      metric: 7,
      protocol: 'boot',
      type: 'unicast',
    },
  ],
  [
    'route replace default via 192.0.2.2 dev wifi metric 7',
    { object: 'route', nextHops: [{ via: '192.0.2.2', interface: 'wifi' }], replaces: true },
  ],
  [
    '-6 route add default via fe80::1 dev wifi metric 5 proto ra pref high',
    {
      object: 'route',
      family: 'ipv6',
      destination: 'default',
      metric: 5,
      protocol: 'ra',
      preference: 'high',
    },
  ],
  [
    '-6 route add default via fe80::1 dev wifi metric 6 pref low',
    { object: 'route', metric: 6, preference: 'low' },
  ],
  ['-6 route add default via fe80::1 dev wifi metric 1024'],
  [
    '-6 route append default via fe80::2 dev wifi metric 1024',
    {
      object: 'route',
      nextHops: [
        { via: 'fe80::2', interface: 'wifi' },
        { via: 'fe80::1', interface: 'wifi' },
      ],
    },
  ],
  ['-6 route append default via fe80::3 dev wifi metric 1024'],
  [
    '-6 route del default via fe80::1 dev wifi metric 1024',
    { what: 'deleted', object: 'route', nextHops: [{ via: 'fe80::1', interface: 'wifi' }] },
  ],
  [
    '-6 route replace default via fe80::4 dev wifi metric 1024',
    { object: 'route', nextHops: [{ via: 'fe80::4', interface: 'wifi' }], replaces: true },
  ],
  [
    'route add 198.51.100.0/24 src 192.0.2.5 nexthop via 192.0.2.1 dev wifi nexthop via 192.0.2.2 dev wifi',
    {
      object: 'route',
      destination: '198.51.100.0/24',
      source: '192.0.2.5',
      nextHops: [
        { via: '192.0.2.1', interface: 'wifi' },
        { via: '192.0.2.2', interface: 'wifi' },
      ],
    },
  ],
  [
    '-6 route add 2001:db8:f::/48 from 2001:db8::/64 via fe80::1 dev wifi',
    { object: 'route', destination: '2001:db8:f::/48', from: '2001:db8::/64' },
  ],
  [
    '-6 route add unreachable 2001:db8:dead::/48',
    { object: 'route', destination: '2001:db8:dead::/48', type: 'unreachable' },
  ],
  [
    'route add 203.0.113.0/24 via inet6 fe80::9 dev wifi table 100',
    { object: 'route', family: 'ipv4', nextHops: [{ via: 'fe80::9', interface: 'wifi' }], table: 100 },
  ],
  [
    'neighbour add 192.0.2.1 lladdr 02:00:00:00:00:01 dev wifi nud permanent',
    {
      what: 'new',
      object: 'neighbour',
      interface: 'wifi',
      address: '192.0.2.1',
      mac: '02:00:00:00:00:01',
      state: 'permanent',
      router: false,
    },
  ],
  [
    'neighbour add fe80::1 lladdr 02:00:00:00:00:01 dev wifi router nud stale',
    { object: 'neighbour', address: 'fe80::1', state: 'stale', router: true },
  ],
  ['neighbour del 192.0.2.1 dev wifi', { what: 'deleted', object: 'neighbour', address: '192.0.2.1' }],
  [
    'rule add fwmark 7 from 192.0.2.0/24 to 198.51.100.0/24 table 100 priority 50',
    {
      what: 'new',
      object: 'rule',
      family: 'ipv4',
      priority: 50,
      table: 100,
      from: '192.0.2.0/24',
      to: '198.51.100.0/24',
      mark: 7,
    },
  ],
  [
    '-6 rule del table main priority 32766',
    { what: 'deleted', object: 'rule', family: 'ipv6', priority: 32766, table: 254 },
  ],
  ['address del 192.0.2.5/24 dev wifi', { what: 'deleted', object: 'address', address: '192.0.2.5' }],
  ['address add 192.0.2.6/24 dev wifi'],
  ['route add default via 192.0.2.1', { object: 'route', destination: 'default' }],
  [
    'link set wifi down',
    { object: 'link', interface: 'wifi', up: false },
    { object: 'link', interface: 'port', carrier: false },
  ],
  [
    'link set wifi up',
    { object: 'link', interface: 'wifi', carrier: true },
    { object: 'link', interface: 'port', carrier: true },
  ],
  ['link set port down', { object: 'link', interface: 'wifi', up: true, carrier: false }],
  ['link del wifi', { what: 'deleted', object: 'link', interface: 'wifi' }],
];
