import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import t from 'tap';
import { decodeNetlink, type HostChange } from '../../src/evidence/netlink.ts';
import { applyEvent, emptyTables, type Tables } from '../../src/evidence/tables.ts';
import type { NetlinkEvent } from '../../src/evidence/timeline.ts';
import type { RecordedStep } from './netlink-recording.ts';

/** ip(8) commands, and an event that each must cause. No automatic addresses: nothing happens that no one asked for. */
const script: [command: string, expected?: Record<string, unknown>][] = [
  [
    'link add name wifi index 10 type veth peer name port index 11',
    { what: 'new', object: 'link', interface: 'wifi', up: false },
  ],
  ['link set wifi addrgenmode none'],
  ['link set port addrgenmode none'],
  ['link set port up', { object: 'link', interface: 'port', up: true, carrier: false }],
  ['link set wifi up', { object: 'link', interface: 'wifi', up: true, carrier: true }],
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
  ['link set wifi down', { object: 'link', interface: 'wifi', up: false }],
  ['link set wifi up'],
  ['link set port down', { object: 'link', interface: 'wifi', up: true, carrier: false }],
  ['link del wifi', { what: 'deleted', object: 'link', interface: 'wifi' }],
];

const recording = fileURLToPath(new URL('netlink-recording.ts', import.meta.url));
/**
 * What `record` gave on Linux 6.18 with iproute2 6.1, less most of the dumps: so that the decoder is tested where
 * no namespace may be made.
 */
const fixture = fileURLToPath(new URL('fixtures/netlink.json', import.meta.url));
const inNamespace = [
  '-Urn',
  process.execPath,
  '--import',
  'tsx',
  recording,
  ...script.map(([command]) => command),
];

const record = (): RecordedStep[] =>
  JSON.parse(execFileSync('unshare', inNamespace, { encoding: 'utf8', maxBuffer: 1 << 26 }));

const mayUnshare = spawnSync('unshare', ['-Urn', 'true']).status === 0;

const decodeAll = (datagrams: string[], names: Map<number, string>): HostChange[] =>
  datagrams.flatMap((datagram) => decodeNetlink(Buffer.from(datagram, 'hex'), names));

const fold = (tables: Tables, changes: HostChange[]): Tables =>
  changes.reduce(
    (sofar, change) => applyEvent(sofar, { at: 0, node: 'host', ...change } as NetlinkEvent),
    tables,
  );

/**
 * Entries in an order of their own, without what differs between an event and a dump: lifetimes run, and of a
 * multipath route each message names the preference of one next hop for all.
 */
const comparable = (tables: Tables): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(tables).map(([name, entries]) => [
      name,
      entries
        .map((entry: object) =>
          JSON.stringify({ ...entry, what: 0, replaces: 0, preferredLifetime: 0, validLifetime: 0 }),
        )
        .sort(),
    ]),
  );

const isLike = (change: HostChange, expected: Record<string, unknown>): boolean =>
  Object.entries(expected).every(
    ([key, value]) =>
      JSON.stringify((change as unknown as Record<string, unknown>)[key]) === JSON.stringify(value),
  );

const sources: [name: string, steps: () => RecordedStep[], skip: string | false][] = [
  ['recorded on Linux 6.18', () => JSON.parse(readFileSync(fixture, 'utf8')), false],
  ['of this kernel', record, mayUnshare ? false : 'no user namespaces here'],
];

for (const [source, stepsOf, skip] of sources) {
  t.test(`netlink messages ${source}`, { skip }, (t) => {
    const [beginning, ...steps] = stepsOf();
    const names = new Map<number, string>();
    let tables = fold(emptyTables(), decodeAll(beginning!.dump, names));
    t.equal(steps.length, script.length);
    for (const [index, { command, datagrams, dump }] of steps.entries()) {
      const changes = decodeAll(datagrams, names);
      const expected = script[index]![1];
      if (expected)
        t.ok(
          changes.some((change) => isLike(change, expected)),
          `${command} is told`,
          { changes, expected },
        );
      tables = fold(tables, changes);
      if (dump.length > 0) {
        const dumped = fold(emptyTables(), decodeAll(dump, new Map()));
        t.strictSame(comparable(tables), comparable(dumped), `the tables after ${command} are the kernel's`);
      }
    }
    t.end();
  });
}

t.test('a datagram that is cut off yields the messages before the cut', (t) => {
  const steps: RecordedStep[] = JSON.parse(readFileSync(fixture, 'utf8'));
  const datagrams = steps
    .flatMap(({ datagrams, dump }) => [...datagrams, ...dump])
    .map((text) => Buffer.from(text, 'hex'));
  const cut = fc.property(fc.constantFrom(...datagrams), fc.nat(), (datagram, nat) => {
    const whole = decodeNetlink(datagram, new Map());
    const part = decodeNetlink(datagram.subarray(0, nat % datagram.length), new Map());
    return (
      part.length <= whole.length && JSON.stringify(whole.slice(0, part.length)) === JSON.stringify(part)
    );
  });
  t.doesNotThrow(() => fc.assert(cut));
  t.end();
});
