import fc from 'fast-check';
import t from 'tap';
import { readHeaders } from '../../src/evidence/headers.ts';
import { readdressed } from '../../src/experiment/readdress.ts';
import type { Packet } from '../../src/lab/schema.ts';
import { type FrameContext, frameOf } from '../../src/plan/frames.ts';
import { dissectFrames, noTshark } from '../evidence/tshark.ts';

const nodes: Record<string, { mac: string; linkLocal: string; address: string }> = {
  router: { mac: '02:00:00:00:00:01', linkLocal: 'fe80::1', address: '2001:db8:a::1' },
  better: { mac: '02:00:00:00:00:02', linkLocal: 'fe80::2', address: '2001:db8:a::2' },
  server: { mac: '02:00:00:00:00:03', linkLocal: 'fe80::3', address: '2001:db8:ff::1' },
  host: { mac: '02:00:00:00:00:05', linkLocal: 'fe80::5', address: '2001:db8:a::5' },
};

const context: FrameContext = {
  sender: nodes.router!,
  host: nodes.host!,
  linkLocalOf: (node) => nodes[node]!.linkLocal,
  addressOf: (node) => nodes[node]!.address,
  macOf: (node) => nodes[node]!.mac,
};

const frame = (packet: Partial<Packet>): Uint8Array =>
  frameOf({ node: 'router', link: 'wifi', ...packet } as Packet, context);

/** tshark's words: checksum status 1 is good, 0 is bad; preference 1 is high, 3 is low, 2 is reserved. */
const cases: [title: string, packet: Partial<Packet>, fields: Record<string, string>][] = [
  [
    'an RA with nothing said goes to all nodes, believable and with its default values',
    { 'router-advertisement': {} },
    {
      'eth.src': '02:00:00:00:00:01',
      'eth.dst': '33:33:00:00:00:01',
      'ipv6.src': 'fe80::1',
      'ipv6.dst': 'ff02::1',
      'ipv6.hlim': '255',
      'icmpv6.type': '134',
      'icmpv6.code': '0',
      'icmpv6.checksum.status': '1',
      'icmpv6.nd.ra.cur_hop_limit': '64',
      'icmpv6.nd.ra.flag': '0x00',
      'icmpv6.nd.ra.router_lifetime': '1800',
      'icmpv6.nd.ra.reachable_time': '0',
      'icmpv6.nd.ra.retrans_timer': '0',
      'icmpv6.opt.linkaddr': '02:00:00:00:00:01',
      'icmpv6.opt.mtu': '',
      'icmpv6.opt.prefix': '',
    },
  ],
  [
    'an RA with every field',
    {
      'router-advertisement': {
        'ethernet-source': '02:00:00:00:00:99',
        'ethernet-destination': 'host',
        source: 'better',
        destination: 'host',
        'ip-hop-limit': 64,
        code: 7,
        'hop-limit': 0,
        managed: true,
        'other-config': true,
        preference: 'low',
        lifetime: '9000s',
        'reachable-time': '30s',
        'retrans-timer': '250ms',
        'source-link-layer': false,
        mtu: 1280,
        prefixes: [
          {
            prefix: '2001:db8:b::/64',
            'on-link': false,
            'valid-lifetime': 'infinity',
            'preferred-lifetime': '0s',
          },
        ],
        routes: [{ prefix: '2001:db8:f::/48', preference: 'reserved', lifetime: '60s' }],
        rdnss: { servers: ['2001:db8::53', '2001:db8::54'], lifetime: '5min' },
      },
    },
    {
      'eth.src': '02:00:00:00:00:99',
      'eth.dst': '02:00:00:00:00:05',
      'ipv6.src': 'fe80::2',
      'ipv6.dst': 'fe80::5',
      'ipv6.hlim': '64',
      'icmpv6.code': '7',
      'icmpv6.checksum.status': '1',
      'icmpv6.nd.ra.cur_hop_limit': '0',
      'icmpv6.nd.ra.flag': '0xd8',
      'icmpv6.nd.ra.router_lifetime': '9000',
      'icmpv6.nd.ra.reachable_time': '30000',
      'icmpv6.nd.ra.retrans_timer': '250',
      'icmpv6.opt.linkaddr': '',
      'icmpv6.opt.mtu': '1280',
      'icmpv6.opt.prefix': '2001:db8:b::',
      'icmpv6.opt.prefix.length': '64',
      'icmpv6.opt.prefix.flag.l': '0',
      'icmpv6.opt.prefix.flag.a': '1',
      'icmpv6.opt.prefix.valid_lifetime': '4294967295',
      'icmpv6.opt.prefix.preferred_lifetime': '0',
      'icmpv6.opt.route_info.flag.route_preference': '2',
      'icmpv6.opt.route_lifetime': '60',
      'icmpv6.opt.rdnss': '2001:db8::53',
      'icmpv6.opt.rdnss.lifetime': '300',
    },
  ],
  [
    'the whole flags byte, reserved bits too',
    { 'router-advertisement': { flags: 0x17, preference: 'high' } },
    { 'icmpv6.nd.ra.flag': '0x17', 'icmpv6.nd.ra.flag.prf': '2' },
  ],
  [
    'a preference',
    { 'router-advertisement': { preference: 'high' } },
    { 'icmpv6.nd.ra.flag': '0x08', 'icmpv6.nd.ra.flag.prf': '1' },
  ],
  [
    'a wrong checksum, as given',
    { 'router-advertisement': { checksum: 0xbad } },
    { 'icmpv6.checksum': '0x0bad', 'icmpv6.checksum.status': '0' },
  ],
  [
    'raw options stand behind the others, and count in the checksum',
    { 'router-advertisement': { options: ['0501000000000500'], 'source-link-layer': false } },
    { 'icmpv6.opt.mtu': '1280', 'icmpv6.checksum.status': '1' },
  ],
  [
    'an option of length 0, which RFC 4861 section 6.1.2 forbids',
    { 'router-advertisement': { options: ['0300'], 'source-link-layer': false } },
    { 'icmpv6.opt.length': '0', 'icmpv6.checksum.status': '1' },
  ],
  [
    'an NS goes to the host',
    { 'neighbour-solicitation': { target: 'host' } },
    {
      'eth.dst': '02:00:00:00:00:05',
      'ipv6.dst': 'fe80::5',
      'icmpv6.type': '135',
      'icmpv6.checksum.status': '1',
      'icmpv6.nd.ns.target_address': 'fe80::5',
      'icmpv6.opt.linkaddr': '02:00:00:00:00:01',
    },
  ],
  [
    'an NS to a group, of an address by itself',
    {
      'neighbour-solicitation': {
        target: '2001:db8:a::5',
        destination: 'ff02::1:ff00:5',
        source: '::',
        'source-link-layer': false,
      },
    },
    {
      'eth.dst': '33:33:ff:00:00:05',
      'ipv6.src': '::',
      'ipv6.dst': 'ff02::1:ff00:5',
      'icmpv6.nd.ns.target_address': '2001:db8:a::5',
      'icmpv6.opt.linkaddr': '',
    },
  ],
  [
    'an NA with its flags and the address of another node',
    {
      'neighbour-advertisement': {
        target: 'better',
        router: true,
        override: true,
        'target-link-layer': 'server',
      },
    },
    {
      'icmpv6.type': '136',
      'icmpv6.checksum.status': '1',
      'icmpv6.nd.na.flag': '0xa0000000',
      'icmpv6.nd.na.target_address': 'fe80::2',
      'icmpv6.opt.linkaddr': '02:00:00:00:00:03',
    },
  ],
  [
    'a solicited NA without a link-layer address',
    { 'neighbour-advertisement': { target: 'router', solicited: true, 'target-link-layer': false } },
    { 'icmpv6.nd.na.flag': '0x40000000', 'icmpv6.opt.linkaddr': '' },
  ],
  [
    'a redirect to a node tells its link-layer address; the destination is the global address of a node',
    { redirect: { target: 'better', 'redirected-destination': 'server' } },
    {
      'ipv6.dst': 'fe80::5',
      'icmpv6.type': '137',
      'icmpv6.checksum.status': '1',
      'icmpv6.nd.rd.target_address': 'fe80::2',
      'icmpv6.rd.na.destination_address': '2001:db8:ff::1',
      'icmpv6.opt.linkaddr': '02:00:00:00:00:02',
    },
  ],
  [
    'a redirect to an address knows no link-layer address',
    { redirect: { target: 'fe80::77', 'redirected-destination': '2001:db8::7' } },
    { 'icmpv6.nd.rd.target_address': 'fe80::77', 'icmpv6.opt.linkaddr': '' },
  ],
  [
    'a frame in hex goes out as it is',
    {
      hex: '33330000000102000000000186dd 60000000 0008 3a ff fe800000000000000000000000000001 ff020000000000000000000000000002\n 8500 1234 00000000',
    },
    { 'eth.dst': '33:33:00:00:00:01', 'icmpv6.type': '133', 'icmpv6.checksum': '0x1234' },
  ],
];

t.test('tshark reads from the frame what the lab says', { skip: noTshark }, (t) => {
  const fields = [...new Set(cases.flatMap(([, , expected]) => Object.keys(expected)))];
  const frames = cases.map(([, packet]) => frame(packet));
  const dissected = dissectFrames(t.testdir(), frames, fields);
  for (const [index, [title, , expected]] of cases.entries()) {
    const seen = Object.fromEntries(Object.keys(expected).map((field) => [field, dissected[index]![field]]));
    t.strictSame(seen, expected, title);
  }
  t.end();
});

t.test('a route takes no more of its prefix than its length needs', (t) => {
  const lengthOf = (prefix: string) =>
    frame({ 'router-advertisement': { 'source-link-layer': false, routes: [{ prefix }] } }).length -
    (14 + 40 + 16);
  t.strictSame(
    ['::/0', '2001:db8::/32', '2001:db8::/64', '2001:db8::/65', '2001:db8::1/128'].map(lengthOf),
    [8, 16, 16, 24, 24],
  );
  t.end();
});

const packets: fc.Arbitrary<Partial<Packet>> = fc.oneof(
  fc
    .record(
      {
        source: fc.constantFrom('router', 'better', '2001:db8::1'),
        'ip-hop-limit': fc.nat(255),
        preference: fc.constantFrom('low', 'medium', 'high'),
        lifetime: fc.nat(65535).map((seconds) => `${seconds}s`),
        options: fc.array(
          fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('hex')),
        ),
      } as const,
      { requiredKeys: [] },
    )
    .map((fields) => ({ 'router-advertisement': fields })),
  fc
    .record({ target: fc.ipV6(), router: fc.boolean() })
    .map((fields) => ({ 'neighbour-advertisement': fields })),
  fc
    .record({ target: fc.ipV6(), destination: fc.ipV6() })
    .map((fields) => ({ 'neighbour-solicitation': fields })),
  fc
    .record({ target: fc.ipV6(), 'redirected-destination': fc.ipV6() })
    .map((fields) => ({ redirect: fields })),
) as fc.Arbitrary<Partial<Packet>>;

const canonical = (address: string): string => new URL(`http://[${address}]`).hostname.slice(1, -1);

t.test('readHeaders reads what was written', (t) => {
  const roundTrip = fc.property(packets, (packet) => {
    const { kind, ip, nd } = readHeaders(frame(packet));
    const {
      'router-advertisement': ra,
      'neighbour-advertisement': na,
      'neighbour-solicitation': ns,
      redirect,
    } = packet;
    const target = na?.target ?? ns?.target ?? redirect?.target;
    t.equal(kind, Object.keys(packet)[0]);
    t.equal(ip?.hopLimit, ra?.['ip-hop-limit'] ?? 255);
    if (ra)
      t.match(nd, {
        lifetime: Number.parseInt(ra.lifetime ?? '1800', 10),
        preference: ra.preference ?? 'medium',
      });
    if (na) t.equal(nd?.router, na.router);
    if (target) t.equal(canonical(nd!.target!), canonical(target));
    if (redirect) t.equal(canonical(nd!.destination!), canonical(redirect['redirected-destination']));
  });
  t.doesNotThrow(() => fc.assert(roundTrip));
  t.end();
});

t.test('a checksum is right whatever the message', { skip: noTshark }, (t) => {
  const frames = fc.sample(packets, 100).map(frame);
  const dissected = dissectFrames(t.testdir(), frames, ['icmpv6.checksum.status']);
  for (const [index, fields] of dissected.entries())
    t.equal(fields['icmpv6.checksum.status'], '1', Buffer.from(frames[index]!).toString('hex'));
  t.equal(dissected.length, frames.length);
  t.end();
});

t.test('a value that does not fit its field is refused by the name of the field', (t) => {
  const refused: [Partial<Packet>, RegExp][] = [
    [{ 'router-advertisement': { lifetime: '1d' } }, /^lifetime: 86400 does not fit into 16 bits$/],
    [{ 'router-advertisement': { mtu: -1 } }, /^mtu: -1 does not fit into 32 bits$/],
    [
      { 'router-advertisement': { 'reachable-time': '60d' } },
      /^reachable-time: 5184000000 does not fit into 32 bits$/,
    ],
  ];
  for (const [packet, message] of refused) t.throws(() => frame(packet), { name: 'RangeError', message });
  t.end();
});

t.test('a frame for another link-local address is the frame that would have been made for it', async (t) => {
  const redirect: Partial<Packet> = { redirect: { target: 'better', 'redirected-destination': 'server' } };
  const toHost = (linkLocal: string, packet: Partial<Packet>): Buffer =>
    Buffer.from(
      frameOf({ node: 'router', link: 'wifi', ...packet } as Packet, {
        ...context,
        host: { ...nodes.host!, linkLocal },
      }),
    );
  const address = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map(
    (id) =>
      `fe80::${id
        .toString(16)
        .padStart(16, '0')
        .replaceAll(/....(?=.)/g, '$&:')}`,
  );
  fc.assert(
    fc.property(address, address, (from, to) => {
      t.same(readdressed(toHost(from, redirect), from, to), toHost(to, redirect));
    }),
  );
  const wrong = { redirect: { ...redirect.redirect!, checksum: 0x1234 } };
  t.not(
    readdressed(toHost('fe80::5', wrong), 'fe80::5', 'fe80::77').readUInt16BE(56),
    toHost('fe80::77', redirect).readUInt16BE(56),
    'a checksum that is wrong stays wrong',
  );
  const others = toHost('fe80::5', { 'router-advertisement': {} });
  t.equal(readdressed(others, 'fe80::5', 'fe80::77'), others, 'one for all nodes is left as it is');
});
