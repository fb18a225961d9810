import t from 'tap';
import { missing, type Seen } from '../../src/evidence/missing.ts';
import { applyEvent, emptyTables } from '../../src/evidence/tables.ts';
import type { NetlinkEvent } from '../../src/evidence/timeline.ts';
import { anyState, type HostState } from '../../src/plan/state.ts';

type Change<Event = NetlinkEvent> = Event extends unknown
  ? Partial<Event> & Pick<Event, 'object' & keyof Event>
  : never;

const event = (change: Change): NetlinkEvent =>
  ({ at: 0, kind: 'netlink', node: 'host', what: 'new', ...change }) as NetlinkEvent;

const address = (text: string, flags: string[] = [], name = 'wifi') =>
  event({
    object: 'address',
    interface: name,
    address: text,
    prefixLength: 64,
    flags,
    scope: 'global',
  } as Change);

const route = (destination: string, via?: string, name = 'wifi', more = {}) =>
  event({
    object: 'route',
    family: destination.includes('.') || via?.includes('.') ? 'ipv4' : 'ipv6',
    destination,
    nextHops: [{ via, interface: name }],
    table: 254,
    ...more,
  } as Change);

const neighbour = (text: string, state: string, name = 'wifi') =>
  event({ object: 'neighbour', interface: name, address: text, state, router: false } as Change);

const seen = (events: NetlinkEvent[], more: Partial<Seen> = {}): Seen => ({
  tables: events.reduce(applyEvent, emptyTables()),
  logs: [],
  packets: [],
  resolvConf: '',
  hasSaid: () => false,
  ...more,
});

const state = (part: Partial<HostState>): HostState => ({
  ...anyState('host'),
  ...part,
});

const lteRouter = { interface: 'lte', addresses: ['fe80::1', '10.0.2.1'], router: 'lte-router' };
const prefix = { interface: 'wifi', prefix: '2001:db8:a::/64' };
const lineOf = (text: string) => ({ daemon: 'router.ra', text });
const packet = { link: 'wifi', node: 'router', kind: 'router-advertisement' };

/** A state, what was seen, and what is missing then. */
const cases: [title: string, part: Partial<HostState>, seen: Seen, expected: string[]][] = [
  ['nothing wanted, nothing there', {}, seen([]), []],
  [
    'no default route at all',
    { defaultRouters: [lteRouter] },
    seen([]),
    ['no default route through lte-router (fe80::1 or 10.0.2.1 on lte)'],
  ],
  [
    'a default router without a name',
    { defaultRouters: [{ interface: 'lte', addresses: ['fe80::1'] }] },
    seen([]),
    ['no default route through fe80::1 on lte'],
  ],
  [
    'a default route through one of its addresses',
    { defaultRouters: [lteRouter] },
    seen([route('default', '10.0.2.1', 'lte')]),
    [],
  ],
  [
    'a router without a route, which a daemon does not know yet',
    { defaultRouters: [{ ...lteRouter, known: { daemon: 'host.dhcpcd', pattern: 'fe80::1' } }] },
    seen([]),
    ['no default route through lte-router (fe80::1 or 10.0.2.1 on lte)'],
  ],
  [
    'a router without a route, which a daemon knows',
    { defaultRouters: [{ ...lteRouter, known: { daemon: 'host.dhcpcd', pattern: 'fe80::1' } }] },
    seen([], { hasSaid: (daemon, pattern) => daemon === 'host.dhcpcd' && pattern === 'fe80::1' }),
    [],
  ],
  [
    'the same next hop on another link',
    { defaultRouters: [lteRouter] },
    seen([route('default', 'fe80::1', 'wifi')]),
    ['no default route through lte-router (fe80::1 or 10.0.2.1 on lte)'],
  ],
  [
    'a default route for some sources only',
    { defaultRouters: [lteRouter] },
    seen([route('default', 'fe80::1', 'lte', { from: '2001:db8::/64' })]),
    ['no default route through lte-router (fe80::1 or 10.0.2.1 on lte)'],
  ],
  [
    'a prefix through the router',
    { defaultRouters: [lteRouter] },
    seen([route('2001:db8::/32', 'fe80::1', 'lte')]),
    ['no default route through lte-router (fe80::1 or 10.0.2.1 on lte)'],
  ],
  [
    'a default route that should be gone',
    { noDefaultRouters: [lteRouter] },
    seen([route('default', 'fe80::1', 'lte')]),
    ['the default route through lte-router (fe80::1 or 10.0.2.1 on lte) is still there'],
  ],
  [
    'a default route that went',
    { noDefaultRouters: [lteRouter] },
    seen([route('default', 'fe80::1', 'lte'), { ...route('default', 'fe80::1', 'lte'), what: 'deleted' }]),
    [],
  ],
  ['an address within the prefix', { addressesWithin: [prefix] }, seen([address('2001:db8:a::5')]), []],
  [
    'a deprecated address is usable',
    { addressesWithin: [prefix] },
    seen([address('2001:db8:a::5', ['deprecated'])]),
    [],
  ],
  [
    'an address within the prefix on any link',
    { addressesWithin: [{ prefix: '2001:db8:a::/64' }] },
    seen([address('2001:db8:a::5', [], 'lte')]),
    [],
  ],
  [
    'no address within the prefix on any link',
    { addressesWithin: [{ prefix: '2001:db8:a::/64' }] },
    seen([address('2001:db8:b::5')]),
    ['no usable address within 2001:db8:a::/64'],
  ],
  [
    'no address within the prefix any more',
    { noAddresses: ['2001:db8:a::/64'] },
    seen([address('2001:db8:a::5'), { ...address('2001:db8:a::5'), what: 'deleted' }]),
    [],
  ],
  [
    'an address within the prefix that should be gone',
    { noAddresses: ['2001:db8:a::/64'] },
    seen([address('2001:db8:a::5', ['deprecated'])]),
    ['address 2001:db8:a::/64 is still there'],
  ],
  [
    'a deprecated address within the prefix',
    { deprecated: ['2001:db8:a::/64'] },
    seen([address('2001:db8:a::5', ['deprecated'])]),
    [],
  ],
  [
    'deprecated is an address of another prefix',
    { deprecated: ['2001:db8:a::/64'] },
    seen([address('2001:db8:a::5'), address('2001:db8:b::5', ['deprecated'])]),
    ['address 2001:db8:a::/64 is not deprecated'],
  ],
  ['a temporary address', { temporary: ['wifi'] }, seen([address('2001:db8:a::5', ['temporary'])]), []],
  ...[
    address('2001:db8:a::5'),
    address('2001:db8:a::5', ['temporary', 'tentative']),
    address('2001:db8:a::5', ['temporary'], 'lte'),
  ].map((other): [string, Partial<HostState>, Seen, string[]] => [
    `no usable temporary address: ${JSON.stringify(other)}`,
    { temporary: ['wifi'] },
    seen([other]),
    ['no usable temporary address on wifi'],
  ]),
  ...[
    address('2001:db8:a::5', ['tentative']),
    address('2001:db8:a::5', ['tentative', 'optimistic']),
    address('2001:db8:a::5', ['dadfailed']),
    address('2001:db8:b::5'),
    address('192.0.2.5'),
    address('2001:db8:a::5', [], 'lte'),
  ].map((other): [string, Partial<HostState>, Seen, string[]] => [
    `no usable address within the prefix: ${JSON.stringify(other)}`,
    { addressesWithin: [prefix] },
    seen([other]),
    ['no usable address within 2001:db8:a::/64 on wifi'],
  ]),
  [
    'an address of IPv4',
    { addressesWithin: [{ interface: 'wifi', prefix: '192.0.2.0/24' }] },
    seen([address('192.0.2.5')]),
    [],
  ],
  ['an address', { addresses: ['2001:db8::5'] }, seen([address('2001:db8::5')]), []],
  ['no address', { addresses: ['2001:db8::5'] }, seen([]), ['no address 2001:db8::5']],
  [
    'an address still tentative',
    { addresses: ['2001:db8::5'] },
    seen([address('2001:db8::5', ['tentative'])]),
    ['address 2001:db8::5 is tentative'],
  ],
  [
    'a duplicate address',
    { addresses: ['2001:db8::5'] },
    seen([address('2001:db8::5', ['dadfailed', 'tentative'])]),
    ['address 2001:db8::5 is a duplicate'],
  ],
  [
    'an address that ended its test',
    { addresses: ['2001:db8::5'] },
    seen([address('2001:db8::5', ['tentative']), address('2001:db8::5')]),
    [],
  ],
  ['an address that is gone', { noAddresses: ['2001:db8::5'] }, seen([address('2001:db8::6')]), []],
  [
    'an address that should be gone',
    { noAddresses: ['2001:db8::5'] },
    seen([address('2001:db8::5', ['deprecated'])]),
    ['address 2001:db8::5 is still there'],
  ],
  [
    'a deprecated address',
    { deprecated: ['2001:db8::5'] },
    seen([address('2001:db8::5', ['deprecated'])]),
    [],
  ],
  [
    'an address not deprecated',
    { deprecated: ['2001:db8::5'] },
    seen([address('2001:db8::5')]),
    ['address 2001:db8::5 is not deprecated'],
  ],
  ['a route', { routes: ['2001:db8:f::/48'] }, seen([route('2001:db8:f::/48', 'fe80::1')]), []],
  [
    'no route',
    { routes: ['2001:db8:f::/48'] },
    seen([route('2001:db8:f::/32', 'fe80::1')]),
    ['no route to 2001:db8:f::/48'],
  ],
  [
    'a default route by its prefix',
    { routes: ['::/0'], noRoutes: ['0.0.0.0/0'] },
    seen([route('default', 'fe80::1')]),
    [],
  ],
  [
    'a route that should be gone',
    { noRoutes: ['192.0.2.0/24'] },
    seen([route('192.0.2.0/24')]),
    ['the route to 192.0.2.0/24 is still there'],
  ],
  [
    'a neighbour in its state by one of its addresses',
    { neighbours: [{ interface: 'wifi', addresses: ['192.0.2.1', 'fe80::1'], state: 'reachable' }] },
    seen([neighbour('192.0.2.1', 'stale'), neighbour('fe80::1', 'reachable')]),
    [],
  ],
  [
    'a neighbour in another state',
    { neighbours: [{ interface: 'wifi', addresses: ['fe80::1'], state: 'failed' }] },
    seen([neighbour('fe80::1', 'probe'), neighbour('fe80::1', 'failed', 'lte')]),
    ['neighbour fe80::1 on wifi is probe, not failed'],
  ],
  [
    'a neighbour that is not there',
    { neighbours: [{ interface: 'wifi', addresses: ['fe80::1'], state: 'stale' }] },
    seen([]),
    ['neighbour fe80::1 on wifi is gone, not stale'],
  ],
  [
    'a neighbour that should be gone',
    { neighbours: [{ interface: 'wifi', addresses: ['fe80::1'], state: 'gone' }] },
    seen([neighbour('fe80::1', 'failed')]),
    ['neighbour fe80::1 on wifi is failed, not gone'],
  ],
  [
    'name servers, one of them link-local',
    { resolvers: ['192.0.2.53', 'fe80::1', '192.0.2.54'] },
    seen([], {
      resolvConf:
        '# nameserver 192.0.2.54\nsearch example\nnameserver 192.0.2.53\nnameserver\tfe80::1%wifi\n',
    }),
    ['no name server 192.0.2.54 in resolv.conf'],
  ],
  [
    'a line of a daemon',
    { logs: [lineOf('sending RA')] },
    seen([], { logs: [lineOf('radvd: sending RA on wifi')] }),
    [],
  ],
  [
    'a line of another daemon',
    { logs: [lineOf('sending RA')] },
    seen([], { logs: [{ daemon: 'other.ra', text: 'sending RA' }] }),
    ["router.ra has not said 'sending RA'"],
  ],
  [
    'a packet of anyone',
    { packets: [{ link: 'wifi', kind: 'router-advertisement' }] },
    seen([], { packets: [packet] }),
    [],
  ],
  ['a packet of that node', { packets: [packet] }, seen([], { packets: [packet] }), []],
  [
    'packets of another node, link and kind',
    { packets: [packet] },
    seen([], {
      packets: [
        { ...packet, node: 'other' },
        { ...packet, link: 'lte' },
        { ...packet, kind: 'redirect' },
      ],
    }),
    ['no router-advertisement on wifi from router'],
  ],
];

t.test('what a state lacks is said in words', (t) => {
  for (const [title, part, seen, expected] of cases)
    t.strictSame(missing(state(part), seen), expected, title);
  t.end();
});
