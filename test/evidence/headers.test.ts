import fc from 'fast-check';
import t from 'tap';
import { type Headers, readHeaders } from '../../src/evidence/headers.ts';
import { datagramFrame } from '../../src/experiment/datagrams.ts';
import { dissectFrames, noTshark } from './tshark.ts';

const hex = (...parts: string[]): Buffer => Buffer.from(parts.join('').replaceAll(/[\s:]/g, ''), 'hex');

const host = '02:00:00:00:00:05';
const router = '02:00:00:00:00:01';
const toRouter = `${router}${host}`;
const ethernet = { source: host, destination: router };

const fe80_1 = 'fe800000000000000000000000000001';
const fe80_5 = 'fe800000000000000000000000000005';
const db8_5 = '20010db8000a00000000000000000005';
const db8_ff = '20010db800ff00000000000000000001';

const half = (value: number): string => value.toString(16).padStart(4, '0');
const byte = (value: number): string => value.toString(16).padStart(2, '0');

const ipv6 = (next: number, payload: string, source = db8_5, destination = db8_ff): string =>
  `86dd 60000000 ${half(hex(payload).length)} ${byte(next)} 40 ${source} ${destination} ${payload}`;

/** With the flags and fragment offset of the fourth half-word, and options as whole words. */
const ipv4 = (protocol: number, payload: string, fragment = '4000', options = ''): string => {
  const words = 5 + hex(options).length / 4;
  const length = words * 4 + hex(payload).length;
  return `0800 4${words.toString(16)}00 ${half(length)} 0001 ${fragment} 40 ${byte(protocol)} 0000 c0000205 c6336401 ${options} ${payload}`;
};

const nonce = '6d69666c61623a776562';
const udp = (ports: string, data = nonce): string => `${ports} ${half(8 + hex(data).length)} 0000 ${data}`;
const tcpSyn = (ports: string): string => `${ports} 00000001 00000000 6002 ffff 0000 0000 020405a0`;
const ip6 = {
  version: 6,
  source: '2001:db8:a::5',
  destination: '2001:db8:ff::1',
  hopLimit: 64,
  fragment: false,
};
const ip4 = { version: 4, source: '192.0.2.5', destination: '198.51.100.1', hopLimit: 64, fragment: false };

type Expected = Omit<Partial<Headers>, 'payload' | 'ip' | 'quoted'> & {
  ip?: object;
  quoted?: object;
  payload?: string;
};

/** A frame, and all that is read from it; the payload in hex. */
const frames: [title: string, frame: Buffer, expected: Expected][] = [
  [
    'UDP over IPv6',
    hex(toRouter, ipv6(17, udp('c0008235'))),
    {
      kind: 'udp',
      ethernet: { ...ethernet, type: 0x86dd },
      ip: { ...ip6, protocol: 17 },
      udp: { sourcePort: 0xc000, destinationPort: 0x8235 },
      payload: nonce,
    },
  ],
  [
    'UDP over IPv4 with options, and Ethernet padding that is no payload',
    hex(toRouter, ipv4(17, udp('c0008235', '6d69'), '4000', '94040000'), '00'.repeat(20)),
    {
      kind: 'udp',
      ethernet: { ...ethernet, type: 0x0800 },
      ip: { ...ip4, protocol: 17 },
      udp: { sourcePort: 0xc000, destinationPort: 0x8235 },
      payload: '6d69',
    },
  ],
  [
    'two 802.1Q tags',
    hex(toRouter, '88a80064 8100000a', ipv6(17, udp('c0008235'))),
    { kind: 'udp', ethernet: { ...ethernet, type: 0x86dd }, ip: { ...ip6, protocol: 17 }, payload: nonce },
  ],
  [
    'hop-by-hop, destination options, routing and authentication headers',
    hex(
      toRouter,
      ipv6(
        0,
        `3c00 010400000000 2b01 0104000000000000000000000000 3300 000000000000 1101 0000 00000001 00000001 ${udp('c0008235')}`,
      ),
    ),
    {
      kind: 'udp',
      ip: { ...ip6, protocol: 17 },
      udp: { sourcePort: 0xc000, destinationPort: 0x8235 },
      payload: nonce,
    },
  ],
  [
    'the first fragment of IPv6',
    hex(toRouter, ipv6(44, `11000001 0000000a ${udp('c0008235')}`)),
    {
      kind: 'udp',
      ip: { ...ip6, protocol: 17, fragment: true },
      udp: { sourcePort: 0xc000, destinationPort: 0x8235 },
    },
  ],
  [
    'a later fragment of IPv6 has no ports, whatever its bytes look like',
    hex(toRouter, ipv6(44, `110005a8 0000000a ${udp('c0000035')}`)),
    { kind: 'other', ip: { ...ip6, protocol: 17, fragment: true }, udp: undefined },
  ],
  [
    'the first fragment of IPv4',
    hex(toRouter, ipv4(17, udp('c0008235'), '2000')),
    {
      kind: 'udp',
      ip: { ...ip4, protocol: 17, fragment: true },
      udp: { sourcePort: 0xc000, destinationPort: 0x8235 },
    },
  ],
  [
    'the last fragment of IPv4',
    hex(toRouter, ipv4(17, udp('c0000035'), '00b9')),
    { kind: 'other', ip: { ...ip4, protocol: 17, fragment: true }, udp: undefined },
  ],
  [
    'a TCP SYN with options',
    hex(toRouter, ipv6(6, tcpSyn('c00001bb'))),
    {
      kind: 'tcp',
      ip: { ...ip6, protocol: 6 },
      tcp: { sourcePort: 0xc000, destinationPort: 443, syn: true, ack: false, fin: false, rst: false },
      payload: '',
    },
  ],
  [
    'a TCP segment with data',
    hex(toRouter, ipv4(6, `01bbc000 00000001 00000002 5019 ffff 0000 0000 ${nonce}`)),
    {
      kind: 'tcp',
      tcp: { sourcePort: 443, destinationPort: 0xc000, syn: false, ack: true, fin: true, rst: false },
      payload: nonce,
    },
  ],
  [
    'a TCP reset',
    hex(toRouter, ipv4(6, '01bbc000 00000001 00000002 5004 0000 0000 0000')),
    {
      kind: 'tcp',
      tcp: { sourcePort: 443, destinationPort: 0xc000, syn: false, ack: false, fin: false, rst: true },
    },
  ],
  [
    'DNS over UDP',
    hex(toRouter, ipv4(17, udp('c0000035'))),
    { kind: 'dns', udp: { sourcePort: 0xc000, destinationPort: 53 } },
  ],
  ['DNS over TCP', hex(toRouter, ipv6(6, tcpSyn('0035c000'))), { kind: 'dns' }],
  ['DHCPv4 from a client', hex(toRouter, ipv4(17, udp('00440043'))), { kind: 'dhcpv4' }],
  ['DHCPv4 from a relay', hex(toRouter, ipv4(17, udp('00430043'))), { kind: 'dhcpv4' }],
  ['DHCPv6 from a client', hex(toRouter, ipv6(17, udp('02220223'))), { kind: 'dhcpv6' }],
  ['DHCPv6 to a client', hex(toRouter, ipv6(17, udp('02230222'))), { kind: 'dhcpv6' }],
  [
    'an ICMP echo request',
    hex(toRouter, ipv4(1, `0800 0000 1234 0007 ${nonce}`)),
    { kind: 'ping-request', icmp: { type: 8, code: 0, identifier: 0x1234, sequence: 7 }, payload: nonce },
  ],
  [
    'an ICMP echo reply',
    hex(toRouter, ipv4(1, `0000 0000 1234 0007 ${nonce}`)),
    { kind: 'ping-reply', icmp: { type: 0, code: 0, identifier: 0x1234, sequence: 7 } },
  ],
  [
    'an ICMPv6 echo request',
    hex(toRouter, ipv6(58, `8000 0000 1234 0007 ${nonce}`)),
    { kind: 'ping-request', icmp: { type: 128, code: 0, identifier: 0x1234, sequence: 7 }, payload: nonce },
  ],
  ['an ICMPv6 echo reply', hex(toRouter, ipv6(58, '8100 0000 1234 0007')), { kind: 'ping-reply' }],
  [
    'port unreachable, quoting no more than the eight bytes of RFC 792',
    hex(toRouter, ipv4(1, `0303 0000 00000000 ${ipv4(17, 'c0008235 0012 0000').slice(5)}`)),
    {
      kind: 'icmp-unreachable',
      icmp: { type: 3, code: 3 },
      quoted: {
        kind: 'udp',
        ip: { ...ip4, protocol: 17 },
        udp: { sourcePort: 0xc000, destinationPort: 0x8235 },
      },
    },
  ],
  [
    'address unreachable, quoting the whole packet',
    hex(toRouter, ipv6(58, `0103 0000 00000000 ${ipv6(17, udp('c0008235')).slice(5)}`, fe80_1, db8_5)),
    {
      kind: 'icmp-unreachable',
      ip: { ...ip6, source: 'fe80::1', destination: '2001:db8:a::5', protocol: 58 },
      quoted: { kind: 'udp', ip: { ...ip6, protocol: 17 }, payload: hex(nonce) },
    },
  ],
  [
    'a TCP segment quoted without its flags',
    hex(toRouter, ipv4(1, `0b00 0000 00000000 ${ipv4(6, 'c00001bb 00000001').slice(5)}`)),
    {
      kind: 'icmp-error',
      quoted: {
        kind: 'tcp',
        tcp: { sourcePort: 0xc000, destinationPort: 443, syn: false, ack: false, fin: false, rst: false },
      },
    },
  ],
  [
    'packet too big',
    hex(toRouter, ipv6(58, `0200 0000 00000500 ${ipv6(17, udp('c0008235')).slice(5)}`)),
    { kind: 'icmp-error', quoted: { kind: 'udp' } },
  ],
  [
    'an ICMPv4 redirect',
    hex(toRouter, ipv4(1, `0501 0000 c0000202 ${ipv4(17, 'c0008235 0012 0000').slice(5)}`)),
    { kind: 'redirect', nd: { target: '192.0.2.2', destination: '198.51.100.1' }, quoted: { kind: 'udp' } },
  ],
  [
    'a router solicitation',
    hex(toRouter, ipv6(58, '8500 0000 00000000 0101020000000005', fe80_5)),
    { kind: 'router-solicitation', nd: {}, payload: '0101020000000005' },
  ],
  ...(
    [
      ['00', 'medium'],
      ['c8', 'high'],
      ['18', 'low'],
      ['10', undefined],
    ] as const
  ).map(([flags, preference]): [string, Buffer, Expected] => [
    `a router advertisement with flags ${flags}`,
    hex(toRouter, ipv6(58, `8600 0000 40${flags}0708 00000000 00000000 0101020000000001`, fe80_1)),
    { kind: 'router-advertisement', nd: { lifetime: 1800, preference }, payload: '0101020000000001' },
  ]),
  [
    'a neighbour solicitation',
    hex(toRouter, ipv6(58, `8700 0000 00000000 ${fe80_1} 0101020000000005`, fe80_5)),
    { kind: 'neighbour-solicitation', nd: { target: 'fe80::1' }, payload: '0101020000000005' },
  ],
  [
    'a neighbour advertisement of a router',
    hex(toRouter, ipv6(58, `8800 0000 e0000000 ${fe80_1} 0201020000000001`, fe80_1)),
    { kind: 'neighbour-advertisement', nd: { target: 'fe80::1', router: true }, payload: '0201020000000001' },
  ],
  [
    'a neighbour advertisement of a host',
    hex(toRouter, ipv6(58, `8800 0000 60000000 ${fe80_5}`, fe80_5)),
    { kind: 'neighbour-advertisement', nd: { target: 'fe80::5', router: false }, payload: '' },
  ],
  [
    'a redirect',
    hex(toRouter, ipv6(58, `8900 0000 00000000 ${fe80_1} ${db8_ff} 0201020000000001`, fe80_1)),
    {
      kind: 'redirect',
      nd: { target: 'fe80::1', destination: '2001:db8:ff::1' },
      payload: '0201020000000001',
    },
  ],
  [
    'an ARP request',
    hex('ff:ff:ff:ff:ff:ff', host, '0806 0001 0800 0604 0001', host, 'c0000205 000000000000 c0000201'),
    {
      kind: 'arp-request',
      ethernet: { source: host, destination: 'ff:ff:ff:ff:ff:ff', type: 0x0806 },
      arp: {
        senderMac: host,
        senderAddress: '192.0.2.5',
        targetMac: '00:00:00:00:00:00',
        targetAddress: '192.0.2.1',
      },
    },
  ],
  [
    'an ARP reply',
    hex(host, router, '0806 0001 0800 0604 0002', router, 'c0000201', host, 'c0000205'),
    { kind: 'arp-reply' },
  ],
  ['no next header', hex(toRouter, ipv6(59, '')), { kind: 'other', ip: { ...ip6, protocol: 59 } }],
  ['another EtherType', hex(toRouter, '88cc 0207'), { kind: 'other', ip: undefined, payload: '0207' }],
  [
    'a multicast listener report',
    hex(toRouter, ipv6(58, '8f00 0000 00000000')),
    { kind: 'other', icmp: { type: 143, code: 0 } },
  ],
  [
    'a segment that the sender has yet to cut: length 0',
    hex(toRouter, ipv4(17, udp('c0008235')).replace('4500 0026', '4500 0000')),
    { kind: 'udp', payload: nonce },
  ],
];

t.test('the headers that decide are read', (t) => {
  for (const [title, frame, { payload, ...expected }] of frames) {
    const headers = readHeaders(frame);
    t.match(headers, expected, title);
    if (payload !== undefined)
      t.equal(Buffer.from(headers.payload).toString('hex'), payload, `${title}: payload`);
  }
  t.end();
});

/** The fields in which tshark and readHeaders must agree; those of the other address family are empty. */
const fields: Record<string, (headers: Headers) => string | number | boolean | undefined> = {
  'eth.src': ({ ethernet }) => ethernet.source,
  'eth.dst': ({ ethernet }) => ethernet.destination,
  'arp.src.hw_mac': ({ arp }) => arp?.senderMac,
  'arp.src.proto_ipv4': ({ arp }) => arp?.senderAddress,
  'arp.dst.hw_mac': ({ arp }) => arp?.targetMac,
  'arp.dst.proto_ipv4': ({ arp }) => arp?.targetAddress,
  'ip.src': ({ ip }) => (ip?.version === 4 ? ip.source : undefined),
  'ip.dst': ({ ip }) => (ip?.version === 4 ? ip.destination : undefined),
  'ip.ttl': ({ ip }) => (ip?.version === 4 ? ip.hopLimit : undefined),
  'ip.proto': ({ ip }) => (ip?.version === 4 ? ip.protocol : undefined),
  'ipv6.src': ({ ip }) => (ip?.version === 6 ? ip.source : undefined),
  'ipv6.dst': ({ ip }) => (ip?.version === 6 ? ip.destination : undefined),
  'ipv6.hlim': ({ ip }) => (ip?.version === 6 ? ip.hopLimit : undefined),
  'udp.srcport': (headers) => outer(headers).udp?.sourcePort,
  'udp.dstport': (headers) => outer(headers).udp?.destinationPort,
  'tcp.srcport': (headers) => outer(headers).tcp?.sourcePort,
  'tcp.dstport': (headers) => outer(headers).tcp?.destinationPort,
  'icmp.type': ({ ip, icmp }) => (ip?.version === 4 ? icmp?.type : undefined),
  'icmp.code': ({ ip, icmp }) => (ip?.version === 4 ? icmp?.code : undefined),
  'icmpv6.type': ({ ip, icmp }) => (ip?.version === 6 ? icmp?.type : undefined),
  'icmpv6.code': ({ ip, icmp }) => (ip?.version === 6 ? icmp?.code : undefined),
  'icmpv6.echo.identifier': ({ ip, icmp }) => hexadecimal(ip?.version === 6 ? icmp?.identifier : undefined),
  'icmpv6.nd.ra.router_lifetime': ({ nd }) => nd?.lifetime,
  'icmpv6.nd.ns.target_address': ({ kind, nd }) =>
    kind === 'neighbour-solicitation' ? nd?.target : undefined,
  'icmpv6.nd.na.target_address': ({ kind, nd }) =>
    kind === 'neighbour-advertisement' ? nd?.target : undefined,
};

/** An ICMP error shows tshark the fields of the packet that it quotes. */
const outer = (headers: Headers) => headers.quoted ?? headers;

const hexadecimal = (value: number | undefined) => value && `0x${half(value)}`;

const macs = fc.uint8Array({ minLength: 6, maxLength: 6 }).map((bytes) => [...bytes].map(byte).join(':'));

const datagrams = fc
  .record({
    packet: fc.constantFrom('udp', 'tcp', 'ping'),
    sourceMac: macs,
    destinationMac: macs,
    port: fc.integer({ min: 20_000, max: 40_000 }),
    data: fc.uint8Array({ maxLength: 100 }),
  })
  .chain((datagram) =>
    fc.oneof(
      fc.record({ ...constants(datagram), source: fc.ipV4(), destination: fc.ipV4() }),
      fc.record({ ...constants(datagram), source: fc.ipV6(), destination: fc.ipV6() }),
    ),
  );

const constants = <T extends object>(object: T) =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, fc.constant(value)])) as {
    [Key in keyof T]: fc.Arbitrary<T[Key]>;
  };

t.test('tshark reads the same from these frames and from 300 drawn ones', { skip: noTshark }, (t) => {
  const drawn = fc
    .sample(datagrams, 300)
    .map((datagram) => datagramFrame(datagram as Parameters<typeof datagramFrame>[0]));
  const all = [...frames.map(([, frame]) => frame), ...drawn];
  const dissected = dissectFrames(t.testdir(), all, Object.keys(fields));
  t.equal(dissected.length, all.length);
  for (const [index, frame] of all.entries()) {
    const headers = readHeaders(frame);
    const ours = Object.fromEntries(
      Object.entries(fields).map(([field, of]) => [field, String(of(headers) ?? '')]),
    );
    t.strictSame(ours, dissected[index], frames[index]?.[0] ?? `drawn: ${frame.toString('hex')}`);
  }
  t.end();
});

t.test('no frame is too short or too strange', (t) => {
  const known = fc.constantFrom(...frames.map(([, frame]) => frame));
  const damaged = fc
    .tuple(known, fc.nat(), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }))
    .map(([frame, length, changes]) => {
      const bytes = Buffer.from(frame.subarray(0, length % (frame.length + 1)));
      for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
      return bytes;
    });
  const safe = fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })), (bytes) => {
    const { ethernet, payload } = readHeaders(bytes);
    return ethernet.type <= 0xffff && payload.length <= bytes.length;
  });
  t.doesNotThrow(() => fc.assert(safe, { numRuns: 5000 }));
  t.end();
});
