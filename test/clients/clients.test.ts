import fc from 'fast-check';
import t from 'tap';
import { askedBy, clientNamed, clients, clientsFor, DEFAULT_CLIENT } from '../../src/clients/index.ts';
import type { Decision } from '../../src/decision/decision.ts';
import type { HostAnswer } from '../../src/evidence/timeline.ts';
import { addressBytes } from '../../src/plan/bytes.ts';
import { askedByStack } from '../../src/plan/default-client.ts';
import { stackNamed, stackParts } from '../../src/stacks/index.ts';
import { thisMachine } from '../../src/suite/machine.ts';
import { inetAddress } from '../../src/sys/libc.ts';
import { stunAnswer } from '../../src/testbed/stun.ts';
import { runLab } from '../support/run-lab.ts';

/** Each as the client printed it. */
const outputs: [client: string, kind: 'resolve' | 'reverse', output: string, answer: HostAnswer][] = [
  [
    'glibc',
    'resolve',
    'fd00:db8:ff::1  STREAM intra.example\nfd00:db8:ff::1  DGRAM  \n192.0.2.1       STREAM \n192.0.2.1       RAW    \n',
    { addresses: ['fd00:db8:ff::1', '192.0.2.1'] },
  ],
  ['glibc', 'reverse', '192.0.2.1       www.example www\n', { names: ['www.example', 'www'] }],
  ['glibc', 'resolve', '', { addresses: [] }],
  [
    'resolved',
    'resolve',
    '{"addresses":["2001:db8:ff::1","192.0.2.1"]}\n',
    { addresses: ['2001:db8:ff::1', '192.0.2.1'] },
  ],
  [
    'musl',
    'resolve',
    '{"version":"1.2.3","addresses":["192.0.2.1","fd00:db8:ff:0::1"]}\n',
    { client: 'musl 1.2.3', addresses: ['192.0.2.1', 'fd00:db8:ff::1'] },
  ],
  ['go', 'reverse', '{"version":"1.19.8","names":["www.example."]}\n', { names: ['www.example'] }],
  [
    'python',
    'resolve',
    '{"version": "3.11.2", "error": "[Errno -2] Name or service not known"}\n',
    { client: 'python 3.11.2', error: '[Errno -2] Name or service not known', addresses: undefined },
  ],
  [
    'java',
    'resolve',
    'Error: Could not find or load main class Client\n',
    { client: undefined, error: undefined },
  ],
];

t.test('what clients print is read as the answer of the host', async (t) => {
  for (const [name, kind, output, answer] of outputs)
    t.match(clientNamed(name).read(output, kind), answer, `${name}: ${output.slice(0, 30)}`);
});

t.test(
  'a question and a client make a command; what a client cannot ask is refused in a sentence',
  async (t) => {
    t.match(askedBy({ kind: 'resolve', name: 'a.example', family: 'ipv4' }), {
      by: 'glibc',
      command: ['getent', 'ahostsv4', 'a.example'],
    });
    t.match(askedBy({ kind: 'reverse', address: '192.0.2.1' }, 'go').command.slice(-2), [
      'reverse',
      '192.0.2.1',
    ]);
    t.throws(
      () => askedBy({ kind: 'resolve', name: 'a.example' }, 'curl'),
      /curl cannot ask a resolve probe: glibc,/,
    );
    t.throws(() => clientNamed('netscape'), /no client netscape: there is glibc,/);
  },
);

t.test(
  'every client can ask something, is told apart by its name and has the default of each kind',
  async (t) => {
    t.equal(new Set(clients.map(({ name }) => name)).size, clients.length);
    for (const { name, asks, description } of clients)
      t.ok(Object.keys(asks).length > 0 && description, name);
    for (const [kind, name] of Object.entries(DEFAULT_CLIENT))
      t.ok(clientsFor(kind as keyof typeof DEFAULT_CLIENT).includes(name), `${kind} by ${name}`);
  },
);

t.test('a client behind a plus sign belongs to the stack, unless it is the name of a variant', async (t) => {
  t.same(stackParts('kernel'), { stack: 'kernel', clients: [], image: undefined });
  t.same(stackParts('kernel+musl+curl'), { stack: 'kernel', clients: ['musl', 'curl'], image: undefined });
  t.same(stackParts('networkd+usedomains+go@trixie'), {
    stack: 'networkd+usedomains',
    clients: ['go'],
    image: 'trixie',
  });
  t.equal(stackNamed('networkd+go@trixie').name, 'networkd');
});

t.test('the clients of a stack ask what they can where the probe names nobody', async (t) => {
  t.match(askedByStack({ resolve: 'a.example' }, ['curl', 'musl']), {
    resolve: { name: 'a.example', by: 'musl' },
  });
  t.match(askedByStack({ resolve: { name: 'a.example', by: 'go' } }, ['musl']), { resolve: { by: 'go' } });
  t.match(askedByStack({ fetch: 'http://a.example/' }, ['musl']), { fetch: { by: undefined } });
  const bound = { url: 'http://a.example/', 'bind-link': 'wifi' };
  t.match(askedByStack({ fetch: bound }, ['node']), { fetch: { by: undefined } }, 'Node binds to no link');
  t.match(askedByStack({ fetch: bound }, ['node', 'curl']), { fetch: { by: 'curl' } });
  t.same(askedByStack({ udp: 'server' }, ['musl']), { udp: 'server' });
});

const netLog = (events: object[]) =>
  JSON.stringify({
    constants: {
      clientInfo: { version: '156.0.8078.79' },
      logEventTypes: { TCP_CONNECT_ATTEMPT: 52, OTHER: 1 },
    },
    events,
  });

t.test(
  "Chromium's net log tells the connections that it began; one that is cut off tells nothing",
  async (t) => {
    const log = netLog([
      { type: 1, phase: 1, params: { address: '192.0.2.9:80' } },
      { type: 52, phase: 1, params: { address: '[2001:db8:ff:0::1]:80' } },
      { type: 52, phase: 2 },
      { type: 52, phase: 1, params: { address: '192.0.2.1:80' } },
    ]);
    t.match(clientNamed('chromium').read(log, 'fetch'), {
      client: 'chromium 156.0.8078.79',
      tried: [
        { address: '2001:db8:ff::1', port: 80 },
        { address: '192.0.2.1', port: 80 },
      ],
    });
    t.match(clientNamed('chromium').read(log.slice(0, -5), 'fetch'), { client: undefined, tried: undefined });
  },
);

/** What is not on this machine is named in the title of a skipped test. */
const lacking = (name: string): string | false => {
  const { programs, build, modules = [] } = clientNamed(name);
  const missing = [
    ...[...programs, ...(build?.programs ?? [])].filter((program) => !thisMachine.hasProgram(program)),
    ...modules.filter((module) => !thisMachine.hasModule(module)),
  ];
  return missing.length > 0 && `no ${missing.join(', ')} here`;
};

const OFFICE = `
networks:
  office: { ipv4: 10.0.1.0/24, ipv6: [2001:db8:a::/64, "fd00:db8:a::/64"] }
nodes:
  router: { router: [office, internet], ra: { office: {} } }
  dns:
    server: [internet]
    ipv4: 192.0.2.53
    dns:
      records:
        www.example: { A: 192.0.2.1, AAAA: "2001:db8:ff::1" }
        intra.example: { A: 192.0.2.1, AAAA: "fd00:db8:ff::1" }
        1.2.0.192.in-addr.arpa: { PTR: www.example. }
  server: { server: [internet], ipv4: 192.0.2.1, ipv6: ["2001:db8:ff::1", "fd00:db8:ff::1"] }
  host:
    under-test: [office]
    addresses: { office: [10.0.1.10/24] }
    routes: [{ to: default, via: router, family: ipv4 }]
    resolver: { servers: [dns], search: [example] }
experiment:
  - plug-in: [office]
  - settle: { default-routers: [router], addresses: [office] }
  - probe:
`;

/** Measured: facts of glibc 2.36, musl 1.2.3, Go 1.19, Java 17, Node 20, Python 3.11. */
const order: Record<string, 'unique local first' | 'IPv4 first'> = {
  glibc: 'unique local first',
  musl: 'IPv4 first',
  'c-ares': 'unique local first',
  node: 'unique local first',
  python: 'unique local first',
  go: 'IPv4 first',
  java: 'IPv4 first',
};

for (const [by, first] of Object.entries(order))
  t.test(
    `${by} resolves both ways in a lab, and is known by its version`,
    { skip: lacking(by) },
    async (t) => {
      const { decisions } = await runLab(`${OFFICE}
      name: { resolve: { name: intra.example, by: ${by} } }
      address: { reverse: { address: 192.0.2.1, by: ${by} } }
      nowhere: { resolve: { name: nowhere.example, by: ${by} } }
`);
      const addresses = ['fd00:db8:ff::1', '192.0.2.1'];
      t.same(decisions.name!.order, first === 'IPv4 first' ? addresses.toReversed() : addresses);
      t.match(decisions.name, {
        client: /^\S+ \d+\.\d+/,
        sent: true,
        servers: [{ server: 'dns', answered: true }],
      });
      t.match(decisions.address, { names: ['www.example'], sent: true, servers: [{ server: 'dns' }] });
      t.match(decisions.nowhere, { error: /./, order: undefined, servers: [{ server: 'dns' }] });
    },
  );

for (const by of clientsFor('fetch'))
  t.test(`${by} fetches a page in a lab, and its connection is seen`, { skip: lacking(by) }, async (t) => {
    const { decisions } = await runLab(`${OFFICE}
      page: { fetch: { url: "http://www.example/", by: ${by} } }
`);
    t.match(decisions.page, {
      answered: true,
      error: undefined,
      by: 'server',
      client: /^\S+ \d+\.\d+/,
      servers: [{ server: 'dns' }],
      attempts: [{ answered: true, link: 'office', router: 'router', afterMs: 0 }],
    });
  });

const BROKEN = OFFICE.replace(
  'experiment:',
  `
  deaf:
    server: [internet]
    ipv4: 198.51.100.1
    ipv6: 2001:db8:dead::1
    nftables: |
      table inet broken {
        chain input {
          type filter hook input priority 0;
          ip6 nexthdr tcp drop
        }
      }
experiment:`,
).replace(
  'www.example: {',
  'half.example: { A: 198.51.100.1, AAAA: "2001:db8:dead::1" }\n        www.example: {',
);

/** The least time to the second destination, ms; RFC 8305 section 5 recommends 250, and allows 100 to 2000. */
const fallback: Record<string, number> = { curl: 190, node: 240, 'node-http': 240, go: 290, chromium: 250 };

for (const [by, least] of Object.entries(fallback))
  t.test(
    `${by} turns to IPv4 where IPv6 is silent, not before its time`,
    { skip: lacking(by) },
    async (t) => {
      const { decisions } = await runLab(`${BROKEN}
      page: { fetch: { url: "http://half.example/", by: ${by} } }
`);
      t.match(decisions.page, {
        order: ['2001:db8:dead::1', '198.51.100.1'],
        destination: '198.51.100.1',
        answered: true,
        contradictions: [],
      });
      const { attempts, fallbackMs } = decisions.page!;
      t.match(attempts![0], { destination: '2001:db8:dead::1', afterMs: 0, answered: false });
      t.ok(fallbackMs! >= least, `${fallbackMs} ms`);
    },
  );

t.test(
  'one that tries addresses one after the other is ended at its deadline',
  { skip: lacking('python') },
  async (t) => {
    const { decisions } = await runLab(`${BROKEN}
      page: { fetch: { url: "http://half.example/", by: python }, within: 2s }
`);
    t.match(decisions.page, {
      order: ['2001:db8:dead::1'],
      answered: false,
      error: 'no end within 2000 ms',
      client: /^python 3/,
      fallbackMs: undefined,
    });
  },
);

const TWO_LINKS = `
networks:
  wifi: { ipv4: 10.0.1.0/24, ipv6: 2001:db8:a::/64 }
  lte: { ipv4: 10.0.2.0/24 }
nodes:
  wifi-router: { router: [wifi, internet], ra: { wifi: {} } }
  lte-router: { router: [lte, internet], nat: true }
  stun: { server: [internet], ipv4: 192.0.2.1, ipv6: 2001:db8:ff::1 }
  host:
    under-test: [wifi, lte]
    addresses: { wifi: [10.0.1.10/24], lte: [10.0.2.10/24] }
    routes: [{ to: default, via: lte-router, family: ipv4 }]
    ip: ["addr add 198.51.100.9/32 dev lo"]
experiment:
  - plug-in: [wifi, lte]
  - settle: true
  - probe:
      ice: { ice: { by: LIBRARY, stun: stun } }
`;

for (const by of clientsFor('ice'))
  t.test(`${by} gathers candidates, and its STUN requests are seen`, { skip: lacking(by) }, async (t) => {
    const { decisions } = await runLab(TWO_LINKS.replace('LIBRARY', by));
    const { ice } = decisions as { ice: Decision };
    t.match(ice, { sent: true, answered: true, unclear: undefined, missing: ['198.51.100.9'] });
    t.same(ice.candidates!.map(({ network, address }) => [network, address.includes(':')]).toSorted(), [
      ['lte', false],
      ['wifi', false],
      ['wifi', true],
    ]);
    t.equal(ice.uniquePriorities, by === 'libjuice', 'werift 0.24 gives all the same');
    t.ok(ice.distribution!.every(({ link, router }) => router === `${link}-router`));
  });

t.test('a STUN server tells a sender its address, in either family, and answers nothing else', async (t) => {
  const transaction = Buffer.from('0123456789ab');
  const request = Buffer.concat([Buffer.from('000100002112a442', 'hex'), transaction]);
  const sockaddr = (address: string, port: number) => Buffer.from(inetAddress(addressBytes(address), port));
  const mapped = (answer: Uint8Array) => {
    const value = Buffer.from(answer).subarray(24);
    const mask = request.subarray(4);
    return {
      port: value.readUInt16BE(2) ^ 0x2112,
      address: [...value.subarray(4)].map((byte, index) => byte ^ mask[index]!),
    };
  };
  for (const [address, port] of [
    ['192.0.2.1', 4242],
    ['2001:db8::9', 65535],
  ] as const)
    t.same(mapped(stunAnswer(request, sockaddr(address, port))!), {
      port,
      address: [...addressBytes(address)],
    });
  t.match(Buffer.from(stunAnswer(request, sockaddr('192.0.2.1', 1))!).subarray(8, 20), transaction);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const isRequest = Buffer.from(bytes)
        .subarray(0, 2)
        .equals(Buffer.from([0, 1]));
      return isRequest || stunAnswer(bytes, sockaddr('192.0.2.1', 1)) === undefined;
    }),
  );
});
