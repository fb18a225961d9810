import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { DhcpV4, DhcpV6, DnsServer, RouterAdvertisement } from '../../src/lab/schema.ts';
import { dnsmasqDhcpLimits, dnsmasqDhcpV4, dnsmasqDhcpV6, dnsmasqRa } from '../../src/services/dnsmasq.ts';
import { dnsmasqDns, dnsmasqDnsLimits } from '../../src/services/dnsmasq-dns.ts';
import { daemonIds } from '../../src/services/index.ts';
import { keaDhcpV4, keaDhcpV6 } from '../../src/services/kea.ts';
import { radvd } from '../../src/services/radvd.ts';
import type { PlannedService, ServiceContext } from '../../src/services/service.ts';
import { unbound, unboundLimits } from '../../src/services/unbound.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'miflab-services-'));
t.teardown(() => rmSync(folder, { recursive: true }));

const wifi = {
  name: 'wifi',
  link: 'wifi',
  index: 10,
  mac: '02:00:00:00:00:01',
  linkLocal: 'fe80::1',
  addresses: ['10.0.1.1/24', '2001:db8:a::1/64'],
  port: { place: 'fabric', name: 'p', index: 11, bridge: 'b' },
  plugged: true,
};
const context: ServiceContext = {
  node: 'router',
  interface: wifi,
  interfaces: [wifi],
  ipv4: ['10.0.1.0/24'],
  ipv6: ['2001:db8:a::/64'],
  prefixesByLink: { wifi: ['10.0.1.0/24', '2001:db8:a::/64'] },
  folder,
  addressOf: (name, family) =>
    ({
      server: { ipv4: '192.0.2.1', ipv6: '2001:db8:ff::1' },
      router: { ipv4: '10.0.1.1', ipv6: '2001:db8:a::1' },
    })[name]?.[family] ?? name,
  macOf: () => '02:00:00:00:00:0a',
};

const textOf = (service: PlannedService): string => Object.values(service.files).join('\n');

/** Writes the configuration and has the daemon itself read it; throws with its words where it refuses. */
const accepted = (service: PlannedService, check: string[]): void => {
  for (const [file, text] of Object.entries(service.files)) writeFileSync(file, text);
  execFileSync(check[0]!, check.slice(1), { stdio: 'pipe' });
};

const configurationOf = (service: PlannedService) => JSON.parse(textOf(service));

const offers: DhcpV4[] = [
  {},
  { range: ['10.0.1.20', '10.0.1.30'], 'lease-time': 'infinity', router: 'none' },
  {
    router: 'server',
    dns: ['server', '198.51.100.1'],
    domain: 'lan.example',
    search: ['a.example', 'b.example'],
    mtu: 1400,
  },
  {
    routes: { '10.5.0.0/16': 'server', '0.0.0.0/0': '10.0.1.1' },
    hosts: { host: '10.0.1.50' },
    options: { 42: '192.0.2.9', 252: ['x'] },
  },
  { text: 'dhcp-option=44,192.0.2.7\nlog-queries' },
];

t.test('dnsmasq accepts every DHCPv4 server', async (t) => {
  for (const dhcp of offers)
    t.doesNotThrow(
      () => accepted(dnsmasqDhcpV4(dhcp, context), ['dnsmasq', '--test', '-C', `${folder}/dnsmasq.conf`]),
      JSON.stringify(dhcp),
    );
  t.match(
    textOf(dnsmasqDhcpV4(offers[1]!, context)),
    /dhcp-range=10\.0\.1\.20,10\.0\.1\.30,infinite\ndhcp-option=3\n/,
  );
  t.match(
    textOf(dnsmasqDhcpV4(offers[3]!, context)),
    'dhcp-option=121,10.5.0.0/16,192.0.2.1,0.0.0.0/0,10.0.1.1',
  );
});

const leases: DhcpV6[] = [
  {},
  { stateless: true },
  {
    range: ['2001:db8:a::10', '2001:db8:a::20'],
    'valid-lifetime': '2h',
    dns: ['server'],
    search: ['a.example'],
    options: { 31: '[2001:db8::1]' },
  },
];

t.test('dnsmasq accepts every DHCPv6 server', async (t) => {
  for (const dhcp of leases)
    t.doesNotThrow(
      () => accepted(dnsmasqDhcpV6(dhcp, context), ['dnsmasq', '--test', '-C', `${folder}/dnsmasq.conf`]),
      JSON.stringify(dhcp),
    );
});

t.test('dnsmasq accepts the advertisements that it can say, and the others are refused', async (t) => {
  const ra: RouterAdvertisement = {
    preference: 'high',
    lifetime: '30min',
    'max-interval': '60s',
    mtu: 1400,
    rdnss: { servers: ['server'] },
    dnssl: { domains: ['a.example'] },
  };
  t.doesNotThrow(() =>
    accepted(dnsmasqRa(ra, context), ['dnsmasq', '--test', '-C', `${folder}/dnsmasq.conf`]),
  );
  t.match(textOf(dnsmasqRa(ra, context)), 'ra-param=wifi,mtu:1400,high,60,1800');
  t.throws(() => dnsmasqRa({ routes: {}, 'hop-limit': 3 }, context), {
    message: 'dnsmasq cannot say routes, hop-limit in router advertisements',
  });
});

t.test('radvd accepts every option of an advertisement', async (t) => {
  const ra: RouterAdvertisement = {
    preference: 'low',
    lifetime: '30min',
    managed: true,
    'other-config': false,
    'hop-limit': 0,
    mtu: 1400,
    'reachable-time': '30s',
    'retrans-timer': '100ms',
    'min-interval': '3s',
    'max-interval': '4s',
    routes: { '2001:db8:c::/48': { preference: 'high', lifetime: 'infinity' } },
    prefixes: {
      '2001:db8:a::/64': {
        'on-link': false,
        autonomous: true,
        'router-address': true,
        'valid-lifetime': 'infinity',
        'preferred-lifetime': '0s',
      },
    },
    rdnss: { servers: ['server'], lifetime: '1h' },
    dnssl: { domains: ['a.example'], lifetime: '0s' },
    text: 'AdvSourceLLAddress off;',
  };
  for (const offer of [{}, { prefixes: {} }, ra])
    t.doesNotThrow(() => accepted(radvd(offer, context), ['radvd', '-c', '-C', `${folder}/radvd.conf`]));
  for (const words of [
    'AdvCurHopLimit 0;',
    'AdvOtherConfigFlag off;',
    'AdvPreferredLifetime 0;',
    'RDNSS 2001:db8:ff::1',
    'AdvRetransTimer 100;',
  ])
    t.match(textOf(radvd(ra, context)), words);
});

t.test('a short router lifetime brings intervals that radvd accepts', async (t) => {
  t.match(textOf(radvd({ lifetime: '5s' }, context)), /MinRtrAdvInterval 3;\s+MaxRtrAdvInterval 5;/);
  t.match(textOf(radvd({ lifetime: '60s' }, context)), /MaxRtrAdvInterval 60;/);
  t.notMatch(textOf(radvd({ lifetime: '0s' }, context)), /RtrAdvInterval/);
  t.match(
    textOf(radvd({ 'max-interval': '4s', 'min-interval': '3s' }, context)),
    /MinRtrAdvInterval 3;\s+MaxRtrAdvInterval 4;/,
  );
});

t.test('unbound accepts every server', async (t) => {
  const records = {
    'www.example': { A: ['192.0.2.1', '192.0.2.2'], AAAA: '2001:db8::1' },
    '1.1.168.192.in-addr.arpa': { PTR: 'host.test.' },
    'txt.test': { TXT: '"a b"' },
  };
  for (const otherwise of [undefined, 'nxdomain', 'refuse', 'servfail', 'drop'] as DnsServer['otherwise'][])
    t.doesNotThrow(
      () =>
        accepted(
          unbound({ records, otherwise, views: { wifi: { 'in.example': { A: '10.0.1.9' } } } }, context),
          ['unbound-checkconf', `${folder}/unbound.conf`],
        ),
      String(otherwise),
    );
});

t.test('a daemon is named by what it offers, and by its link where there are several', async (t) => {
  const node = { router: ['wifi', 'lte'], ra: { wifi: {}, lte: {} }, dhcpv4: { wifi: {} }, dns: {} };
  t.strictSame(daemonIds('r', node), ['r.ra-wifi', 'r.ra-lte', 'r.dhcpv4', 'r.dns']);
});

/** Kea looks for its interface even where it only reads. */
const withWifi = (program: string): string[] => [
  ...['unshare', '-Urn', 'sh', '-c', 'ip link add wifi type veth peer name far && exec "$@"', 'sh'],
  ...[program, '-t', `${folder}/${program}.json`],
];

t.test('Kea accepts every DHCPv4 server', async (t) => {
  const ofKea: DhcpV4[] = [
    ...offers.slice(0, 4),
    { options: { 42: '192.0.2.9', 150: '0x0102', 224: 300, 252: 'text' } },
    { text: '{ "renew-timer": 10 }' },
  ];
  for (const dhcp of ofKea)
    t.doesNotThrow(() => accepted(keaDhcpV4(dhcp, context), withWifi('kea-dhcp4')), JSON.stringify(dhcp));
  const [subnet] = configurationOf(keaDhcpV4(ofKea[3]!, context)).Dhcp4.subnet4;
  t.match(subnet['option-data'], [
    { code: 3, data: '10.0.1.1' },
    { code: 121, data: '100a05c000020100' + '0a000101' },
  ]);
  t.match(subnet.reservations, [{ 'hw-address': '02:00:00:00:00:0a', 'ip-address': '10.0.1.50' }]);
  t.match(configurationOf(keaDhcpV4(ofKea[4]!, context)).Dhcp4.subnet4[0]['option-data'].slice(1), [
    { code: 42, data: '192.0.2.9' },
    { code: 150, 'csv-format': false, data: '0102' },
    { code: 224, data: '012c' },
    { code: 252, data: '74657874' },
  ]);
  t.match(configurationOf(keaDhcpV4(ofKea[5]!, context)).Dhcp4, { 'renew-timer': 10, authoritative: true });
});

t.test('Kea accepts every DHCPv6 server', async (t) => {
  for (const dhcp of [
    ...leases,
    { 'preferred-lifetime': '1min', 'valid-lifetime': '2min' },
    { options: { 31: '2001:db8::1', 59: 'http://boot.test/' } },
  ])
    t.doesNotThrow(() => {
      const { options: _, ...others } = dhcp as DhcpV6;
      const sayable = leases.includes(dhcp) ? others : dhcp;
      accepted(keaDhcpV6(sayable, context), withWifi('kea-dhcp6'));
    }, JSON.stringify(dhcp));
  t.match(configurationOf(keaDhcpV6({ stateless: true }, context)).Dhcp6.subnet6[0].pools, []);
});

t.test('what a daemon cannot say or do is told with its place in the lab', async (t) => {
  t.strictSame(
    dnsmasqDnsLimits({
      otherwise: 'drop',
      views: { wifi: {} },
      records: { '*.a.test': { A: '192.0.2.1', TXT: '"x"' }, 'b.test': { NAPTR: '1 1 "" "" "" .' } },
    }).map(({ path }) => path.join('.')),
    ['views', 'otherwise', 'records.*.a.test.TXT', 'records.b.test.NAPTR'],
  );
  t.strictSame(
    dnsmasqDhcpLimits({ 'lease-time': '6s', 'valid-lifetime': '119s', 'preferred-lifetime': '1h' }).map(
      ({ path }) => path.join('.'),
    ),
    ['lease-time', 'valid-lifetime', 'preferred-lifetime'],
  );
  t.strictSame(dnsmasqDhcpLimits({ 'lease-time': '2min', 'valid-lifetime': 'infinity' }), []);
  const alias = { 'a.test': { CNAME: 'b.test' } };
  t.strictSame(unboundLimits({ records: alias }), []);
  t.strictSame(
    unboundLimits({ otherwise: 'servfail', records: alias, views: { wifi: alias } }).map(({ path }) =>
      path.join('.'),
    ),
    ['records.a.test.CNAME', 'views.wifi.a.test.CNAME'],
  );
});

const records: DnsServer['records'] = {
  'www.example': { A: '192.0.2.1' },
  'alias.test': { CNAME: 'www.example.' },
  '1.1.168.192.in-addr.arpa': { PTR: 'host.test.' },
  'host.test': { A: '192.0.2.2', AAAA: '2001:db8::2' },
  '*.wild.example': { A: '192.0.2.3' },
  'text.example': { TXT: '"a b"' },
  'mail.example': { MX: '10 www.example.' },
  '_web._tcp.example': { SRV: '1 2 80 www.example.' },
};
const answers = {
  'www.example A': 'NOERROR A 192.0.2.1',
  'www.example AAAA': 'NOERROR',
  'alias.test A': 'NOERROR CNAME www.example. A 192.0.2.1',
  '1.1.168.192.in-addr.arpa PTR': 'NOERROR PTR host.test.',
  'host.test A': 'NOERROR A 192.0.2.2',
  'host.test AAAA': 'NOERROR AAAA 2001:db8::2',
  'any.wild.example A': 'NOERROR A 192.0.2.3',
  'text.example TXT': 'NOERROR TXT "a b"',
  'mail.example MX': 'NOERROR MX 10 www.example.',
  '_web._tcp.example SRV': 'NOERROR SRV 1 2 80 www.example.',
};
const unknown = { nxdomain: 'NXDOMAIN', refuse: 'REFUSED', servfail: 'SERVFAIL', drop: 'silence' } as const;
const servers = { unbound, dnsmasq: dnsmasqDns };

/** What a server says to questions asked as soon as it says that it is ready, in a network of its own. */
const answersOf = async (service: PlannedService, questions: string[]): Promise<Record<string, string>> => {
  for (const [file, text] of Object.entries(service.files)) writeFileSync(file, text);
  const dig = `for q in "$@"; do set -- $q; dig +tries=1 +time=2 +noall +comments +answer @192.0.2.53 $1 $2; echo "== $q"; done; kill $daemon`;
  const network =
    'ip link set lo up; ip link add wifi type veth peer name far; ip link set far up; ip link set wifi up; ip addr add 192.0.2.53/32 dev wifi';
  const shell = spawn('unshare', [
    '-Urn',
    '--fork',
    '--kill-child',
    'sh',
    '-c',
    `${network}; ${service.command.join(' ')} & daemon=$!; read go; ${dig}`,
    'sh',
    ...questions,
  ]);
  t.teardown(() => shell.kill('SIGKILL'));
  let log = '';
  let output = '';
  shell.stdout.on('data', (data) => (output += data));
  await new Promise<void>((ready, failed) => {
    shell.stderr.on('data', (data) => {
      log += data;
      if (new RegExp(service.ready.output!).test(log)) ready();
    });
    shell.on('exit', () => failed(new Error(log)));
  });
  shell.stdin.end('go\n');
  await once(shell, 'exit');
  return Object.fromEntries(
    [...output.matchAll(/([\s\S]*?)== (.*)\n/g)].map(([, text, question]) => [question, reading(text!)]),
  );
};

const here: ServiceContext = {
  ...context,
  interfaces: [{ ...wifi, addresses: ['192.0.2.53/32'] }],
  prefixesByLink: { here: ['192.0.2.53/32'] },
};

for (const [name, limitsOf] of [
  ['unbound', unboundLimits],
  ['dnsmasq', dnsmasqDnsLimits],
] as const)
  for (const otherwise of Object.keys(unknown) as (keyof typeof unknown)[]) {
    const dns: DnsServer = { otherwise, records };
    const beyond = limitsOf(dns).map(({ path }) => path.join('.'));
    if (beyond.includes('otherwise')) continue;
    t.test(`${name} answers from the records, and any other name gets ${otherwise}`, async (t) => {
      const { 'alias.test A': alias, ...others } = answers;
      const expected = {
        ...others,
        ...(beyond.length === 0 ? { 'alias.test A': alias } : {}),
        'nobody.example A': unknown[otherwise],
        'nobody.test A': unknown[otherwise],
      };
      t.strictSame(await answersOf(servers[name](dns, here), Object.keys(expected)), expected);
    });
  }

t.test('unbound shows the records of a view to clients of that network only', async (t) => {
  const views = {
    here: { 'inside.example': { A: '10.0.1.9' } },
    elsewhere: { 'outside.example': { A: '10.0.1.8' } },
  };
  const prefixesByLink = { ...here.prefixesByLink, elsewhere: ['198.51.100.0/24'] };
  t.strictSame(
    await answersOf(unbound({ records, views }, { ...here, prefixesByLink }), [
      'inside.example A',
      'outside.example A',
      'alias.test A',
    ]),
    {
      'inside.example A': 'NOERROR A 10.0.1.9',
      'outside.example A': 'NXDOMAIN',
      'alias.test A': 'NOERROR CNAME www.example. A 192.0.2.1',
    },
  );
});

const reading = (text: string): string =>
  [
    /status: (\w+)/.exec(text)?.[1] ?? 'silence',
    ...[...text.matchAll(/\sIN\s+([A-Z]+)\s+(.+)$/gm)].map(([, type, value]) => `${type} ${value}`),
  ].join(' ');
