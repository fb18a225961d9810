import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { DhcpV4, DhcpV6, DnsServer, RouterAdvertisement } from '../../src/lab/schema.ts';
import { dnsmasqDhcpV4, dnsmasqDhcpV6, dnsmasqRa } from '../../src/services/dnsmasq.ts';
import { daemonIds, servicesOf } from '../../src/services/index.ts';
import { radvd } from '../../src/services/radvd.ts';
import type { PlannedService, ServiceContext } from '../../src/services/service.ts';
import { unbound } from '../../src/services/unbound.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'miflab-services-'));
t.teardown(() => rmSync(folder, { recursive: true }));

const wifi = {
  name: 'wifi',
  link: 'wifi',
  index: 10,
  mac: '02:00:00:00:00:01',
  linkLocal: 'fe80::1',
  addresses: ['10.0.1.1/24', '2001:db8:a::1/64'],
  port: { name: 'p', index: 11 },
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
    name === 'server' ? { ipv4: '192.0.2.1', ipv6: '2001:db8:ff::1' }[family] : name,
  macOf: () => '02:00:00:00:00:0a',
};

const textOf = (service: PlannedService): string => Object.values(service.files).join('\n');

/** Writes the configuration and has the daemon itself read it; throws with its words where it refuses. */
const accepted = (service: PlannedService, check: string[]): void => {
  for (const [file, text] of Object.entries(service.files)) writeFileSync(file, text);
  execFileSync(check[0]!, check.slice(1), { stdio: 'pipe' });
};

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
  t.throws(() => dnsmasqDhcpV6({ 'preferred-lifetime': '1h' }, context), { message: /preferred-lifetime/ });
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

t.test('a daemon that miflab cannot configure is said, never replaced', async (t) => {
  const node = { router: ['wifi'], dhcpv4: { wifi: { daemon: 'kea' as const } } };
  t.throws(() => servicesOf('r', node, () => context), { message: /^kea is not supported/ });
});

const answers = {
  'www.example A': 'NOERROR 192.0.2.1',
  'www.example AAAA': 'NOERROR',
  '1.1.168.192.in-addr.arpa PTR': 'NOERROR host.test.',
  'host.test A': 'NOERROR 192.0.2.2',
  'any.wild.example A': 'NOERROR 192.0.2.3',
  'inside.example A': 'NOERROR 10.0.1.9',
};
const unknown = { nxdomain: 'NXDOMAIN', refuse: 'REFUSED', servfail: 'SERVFAIL', drop: 'silence' } as const;

for (const otherwise of Object.keys(unknown) as (keyof typeof unknown)[])
  t.test(
    `unbound answers as soon as it says it is ready, and any other name gets ${otherwise}`,
    async (t) => {
      const dns: DnsServer = {
        otherwise,
        records: {
          'www.example': { A: '192.0.2.1' },
          '1.1.168.192.in-addr.arpa': { PTR: 'host.test.' },
          'host.test': { A: '192.0.2.2' },
          '*.wild.example': { A: '192.0.2.3' },
        },
        views: { here: { 'inside.example': { A: '10.0.1.9' } } },
      };
      const loopback = { ...wifi, addresses: ['127.0.0.1/8'] };
      const service = unbound(dns, {
        ...context,
        interfaces: [loopback],
        prefixesByLink: { here: ['127.0.0.0/8'] },
      });
      for (const [file, text] of Object.entries(service.files)) writeFileSync(file, text);
      const dig = `for q in "$@"; do set -- $q; dig +tries=1 +time=2 +noall +comments +answer @127.0.0.1 $1 $2; echo "== $q"; done; kill $daemon`;
      const shell = spawn('unshare', [
        '-Urn',
        '--fork',
        '--kill-child',
        'sh',
        '-c',
        `ip link set lo up; ${service.command.join(' ')} & daemon=$!; read go; ${dig}`,
        'sh',
        ...Object.keys(answers),
        'nobody.example A',
        'nobody.test A',
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
      const seen = Object.fromEntries(
        [...output.matchAll(/([\s\S]*?)== (.*)\n/g)].map(([, text, question]) => [question, reading(text!)]),
      );
      t.strictSame(seen, {
        ...answers,
        'nobody.example A': unknown[otherwise],
        'nobody.test A': unknown[otherwise],
      });
    },
  );

const reading = (text: string): string =>
  [
    /status: (\w+)/.exec(text)?.[1] ?? 'silence',
    ...[...text.matchAll(/\sIN\s+(?:A|AAAA|PTR)\s+(\S+)/g)].map(([, value]) => value),
  ].join(' ');
