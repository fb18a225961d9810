import t from 'tap';
import { askedBy, clientNamed, clients, clientsFor, DEFAULT_CLIENT } from '../../src/clients/index.ts';
import type { HostAnswer } from '../../src/evidence/timeline.ts';
import { thisMachine } from '../../src/suite/machine.ts';
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
    'www.example: 2001:db8:ff::1                    -- link: wifi\n             192.0.2.1                      -- link: lte\n             (web.example)\n',
    { addresses: ['2001:db8:ff::1', '192.0.2.1'] },
  ],
  [
    'resolved',
    'reverse',
    '192.0.2.1: www.example                      -- link: wifi\n',
    { names: ['www.example'] },
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
    { client: 'java', error: undefined },
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

/** What is not on this machine is named in the title of a skipped test. */
const lacking = (name: string): string | false => {
  const { programs, build } = clientNamed(name);
  const missing = [...programs, ...(build?.programs ?? [])].filter(
    (program) => !thisMachine.hasProgram(program),
  );
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
