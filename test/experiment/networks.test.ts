import t from 'tap';
import { readHeaders } from '../../src/evidence/headers.ts';
import type { TimelineEvent } from '../../src/evidence/timeline.ts';
import { runLab } from '../support/run-lab.ts';

t.setTimeout(300_000);

const onLink = (timeline: TimelineEvent[], link: string, node: string) =>
  timeline.flatMap((event) =>
    event.kind === 'packet' && event.link === link && event.node === node
      ? [readHeaders(Buffer.from(event.data, 'base64'))]
      : [],
  );

t.test(
  'no step begins before every node around the host is usable, however long its kernel takes',
  async (t) => {
    const { timeline } = await runLab(`
networks: { wifi: { ipv6: 2001:db8:a::/64 } }
nodes:
  router: { router: [wifi], sysctls: { net.ipv6.conf.wifi.accept_dad: 1, net.ipv6.conf.wifi.dad_transmits: 2 } }
  host: { under-test: [wifi] }
experiment:
  - plug-in: [wifi]
`);
    const firstStep = timeline.find((event) => event.kind === 'step')!;
    const usable = timeline.filter(
      (event) =>
        event.kind === 'netlink' &&
        event.node === 'router' &&
        event.object === 'address' &&
        event.what === 'new' &&
        !event.flags.includes('tentative') &&
        event.at < firstStep.at,
    );
    t.ok(usable.length > 0, 'its link-local address has passed duplicate address detection by then');
  },
);

t.test('NAT44, BCP 38 and announced prefixes: what a router and its provider make of a source', async (t) => {
  const { decisions, timeline } = await runLab(`
networks:
  wifi: { ipv4: 10.0.1.0/24, ipv6: 2001:db8:a::/64 }
  lte:  { ipv4: 10.0.2.0/24, ipv6: 2001:db8:b::/64 }
nodes:
  wifi-router: { router: [wifi, internet], nat: true, source-filter: true, ra: { wifi: {} } }
  lte-router:
    router: [lte, internet]
    announce: [2001:db8:77::/48]
    ra: { lte: {} }
    ip: ["route add 2001:db8:77::/48 via \${host.lte.link-local} dev lte", "route add 2001:db8:88::/48 via \${host.lte.link-local} dev lte"]
  server:      { server: [internet], ipv4: 192.0.2.1, ipv6: 2001:db8:ff::1 }
  host:
    under-test: [wifi, lte]
    addresses: { wifi: [10.0.1.10/24], lte: [10.0.2.10/24] }
    routes: [{ to: default, via: wifi-router, family: ipv4 }]
    ip: ["addr add 2001:db8:77::7/128 dev lo", "addr add 2001:db8:88::8/128 dev lo"]
experiment:
  - plug-in: [wifi, lte]
  - settle: true
  - probe:
      nat:         { udp: { to: server, family: ipv4 } }
      nat-foreign: { udp: { to: server, family: ipv4, bind-address: lte } }
      own:         { udp: { to: server, bind-link: wifi } }
      filtered:    { udp: { to: server, bind-link: wifi, bind-address: lte } }
      unfiltered:  { udp: { to: server, bind-link: lte, bind-address: wifi } }
      announced:   { ping: { to: server, bind-link: lte, bind-address: 2001:db8:77::7 } }
      unannounced: { ping: { to: server, bind-link: lte, bind-address: 2001:db8:88::8 } }
`);
  const source = (probe: string) =>
    onLink(timeline, 'internet:wifi-router', 'wifi-router').find(({ payload }) =>
      Buffer.from(payload).includes(`miflab:${probe}`),
    )?.ip?.source;
  t.match(decisions.nat, { source: '10.0.1.10', answered: true, by: 'server' });
  t.match(source('nat'), /^100\.64\./, 'the source is the address of the router');
  t.match(decisions['nat-foreign'], { source: '10.0.2.10', answered: false }, 'the answer is sent to lte');
  t.match(source('nat-foreign'), /^100\.64\./, 'and was sent as any other');
  t.match(decisions.own, { router: 'wifi-router', answered: true });
  t.match(decisions.filtered, { router: 'wifi-router', sourceNetwork: 'lte', answered: false });
  t.match(decisions.unfiltered, { router: 'lte-router', sourceNetwork: 'wifi', answered: true });
  t.match(decisions.announced, { answered: true, arrival: { router: 'lte-router' } });
  t.match(decisions.unannounced, { sent: true, answered: false }, 'nobody knows the way back');
});

t.test('several routers on one link, whole prefixes that answer, and equal routes over both', async (t) => {
  const { decisions } = await runLab(`
networks: { office: { ipv6: 2001:db8:a::/64 } }
nodes:
  first:  { router: [office, internet], ra: { office: { preference: high } } }
  second: { router: [office, internet], link-local: { office: fe80::2 }, ra: { office: {} } }
  farm:   { server: [internet], ipv6: 2001:db8:ff::1, prefixes: [2001:db8:f0::/44] }
  host:
    under-test: [office]
    sysctls: { net.ipv6.fib_multipath_hash_policy: 1 }
experiment:
  - plug-in: [office]
  - settle: true
  - probe:
      one:  { udp: "2001:db8:f7:1234::5" }
      many: { udp: farm, destinations: { prefix: 2001:db8:f0::/44, count: 40 } }
  - ip: { host: ["route add 2001:db8:f0::/44 nexthop via \${first.office.link-local} dev office nexthop via fe80::2 dev office"] }
  - probe: { spread: { udp: farm, destinations: { prefix: 2001:db8:f0::/44, count: 40 } } }
`);
  t.match(decisions.one, { router: 'first', answered: true, by: 'farm' });
  t.match(decisions.many, { answered: true, unclear: undefined });
  t.same(
    decisions.many!.distribution!.map(({ router, count }) => [router, count]),
    [['first', 40]],
  );
  const spread = decisions.spread!.distribution!;
  t.same(spread.map(({ router }) => router).toSorted(), ['first', 'second']);
  t.equal(
    spread.reduce((sum, { count }) => sum + count, 0),
    40,
  );
});

t.test('an open flow stays where it is when a new one moves, or falls with its router', async (t) => {
  const { decisions } = await runLab(`
networks:
  wifi: { ipv4: 10.0.1.0/24 }
  lte:  { ipv4: 10.0.2.0/24 }
nodes:
  wifi-router: { router: [wifi, internet] }
  lte-router:  { router: [lte, internet] }
  server:      { server: [internet], ipv4: 192.0.2.1 }
  host:
    under-test: [wifi, lte]
    addresses: { wifi: [10.0.1.10/24], lte: [10.0.2.10/24] }
    routes: [{ to: default, via: wifi-router, family: ipv4, metric: 10 }]
    rules: [{ from: 10.0.1.0/24, table: 100, priority: 100 }]
    ip: ["route add default via \${wifi-router.wifi.ipv4} dev wifi table 100"]
experiment:
  - plug-in: [wifi, lte]
  - settle: true
  - probe: { udp: { udp: { to: server, keep-open: true } }, tcp: { tcp: { to: server, keep-open: true } }, ping: { ping: { to: server, keep-open: true } } }
  - ip: { host: ["route add default via \${lte-router.lte.ipv4} metric 5"] }
  - probe: { udp-again: { again: udp }, tcp-again: { again: tcp }, new: { udp: server }, new-tcp: { tcp: server } }
  - silence: { wifi-router: forwarding }
  - probe: { udp-lost: { again: udp }, tcp-lost: { again: tcp }, new-still: { tcp: server } }
  - speak: [wifi-router]
  - probe: { udp-back: { again: udp, until: answered }, tcp-back: { again: tcp, until: answered } }
  - probe: { never: { tcp: { to: 192.0.2.77, keep-open: true } } }
  - probe: { never-again: { again: never } }
`);
  for (const probe of ['udp', 'tcp', 'ping', 'udp-again', 'tcp-again', 'udp-back', 'tcp-back'])
    t.match(
      decisions[probe],
      { link: 'wifi', source: '10.0.1.10', answered: true, unclear: undefined },
      probe,
    );
  for (const probe of ['new', 'new-tcp', 'new-still'])
    t.match(decisions[probe], { link: 'lte', source: '10.0.2.10', answered: true }, probe);
  for (const probe of ['udp-lost', 'tcp-lost'])
    t.match(decisions[probe], { link: 'wifi', sent: true, answered: false, unclear: undefined }, probe);
  t.match(decisions['never-again'], { sent: false, answered: false });
});

t.test('an outage: a router falls silent, and unreachability detection finds the second', async (t) => {
  const { decisions } = await runLab(`
networks: { office: { ipv6: 2001:db8:a::/64 } }
nodes:
  # Of two routers of one prefix the internet answers through the one that the lab names first.
  second: { router: [office, internet], ra: { office: { reachable-time: 500ms } } }
  first:  { router: [office, internet], ra: { office: { preference: high, reachable-time: 500ms } } }
  server: { server: [internet], ipv6: 2001:db8:ff::1 }
  host:
    under-test: [office]
    sysctls: { net.ipv6.neigh.office.delay_first_probe_time: 1 }
experiment:
  - plug-in: [office]
  - settle: true
  - probe: { before: { udp: server } }
  - wait: { neighbour: { node: first, link: office, state: reachable } }
  - silence: { first: all }
  - probe: { outage: { udp: server, until: answered, every: 50ms } }
  - wait: { neighbour: { node: first, link: office, state: failed } }
  - probe: { until-lost: { udp: { to: server, bind-link: office }, until: unanswered, within: 300ms } }
  - silence: { second: forwarding }
  - probe: { lost: { udp: server, until: unanswered } }
`);
  t.match(decisions.before, { router: 'first', answered: true });
  const { outageMs, neighbourStates, router, answered, unclear } = decisions.outage!;
  t.match({ router, answered, unclear }, { router: 'second', answered: true, unclear: undefined });
  t.ok(outageMs! > 500, `outage of ${outageMs} ms`);
  const states = neighbourStates!.map(({ state }) => state);
  t.ok(states.includes('probe') || states.includes('failed'), `neighbour states ${states.join(' ')}`);
  t.match(decisions['until-lost'], { answered: true, outageMs: undefined });
  t.match(decisions.lost, { sent: true, answered: false });
});

t.test('what the wire does not show clearly is no decision', async (t) => {
  const head = `
networks: { wifi: { ipv6: 2001:db8:a::/64 }, lte: { ipv6: 2001:db8:b::/64 } }
nodes:
  wifi-router: { router: [wifi, internet], ra: { wifi: { preference: high } } }
  lte-router:  { router: [lte, internet], ra: { lte: {} } }
  server:      { server: [internet], ipv6: 2001:db8:ff::1, prefixes: [2001:db8:f0::/44] }
  host:
    under-test: [wifi, lte]
experiment:
  - plug-in: [wifi, lte]
  - settle: true
`;
  const twice = await runLab(`${head}
  - nftables: { host: 'table ip6 twice { chain o { type filter hook output priority 0; udp dport 5555 dup to \${lte-router.lte.link-local} device lte; }; }' }
  - probe: { both: { udp: { to: server, port: 5555 } }, one: { udp: server } }
  - nftables: { host: 'table ip6 gone { chain p { type filter hook postrouting priority 0; udp dport 6666 drop; }; }' }
  - probe: { none: { udp: { to: server, port: 6666 } } }
`);
  t.match(
    twice.decisions.both!.unclear,
    /several ways: \S+ over \S+ from \S+ \(packet \d+\), \S+ over \S+ from \S+ \(packet \d+\)$/,
  );
  t.equal(twice.decisions.both!.packets.length >= 2, true);
  t.match(twice.decisions.one, { unclear: undefined });
  t.match(twice.decisions.none, { sent: false });
  // While the lab process stands still nobody reads what its ring takes in.
  const labProcess = '$(grep -lx miflab-node /proc/[0-9]*/comm | cut -d/ -f3 | sort -n | head -n 1)';
  const send = 'for i in {1..6000}; do echo > /dev/udp/ff02::1%wifi/9; done';
  const script = `pid=${labProcess}; kill -STOP $pid; ${send}; kill -CONT $pid`;
  const missed = await runLab(`${head}
  - run: { host: [bash, -c, ${JSON.stringify(script)}] }
  - probe: { web: { udp: server } }
`);
  t.match(missed.decisions.web!.unclear, /^the capture dropped \d+ packets$/);
});

t.test('a distribution of many large datagrams is asked no faster than it is captured', async (t) => {
  const { decisions } = await runLab(`
networks: { wifi: { ipv6: 2001:db8:a::/64 } }
nodes:
  wifi-router: { router: [wifi, internet], ra: { wifi: {} } }
  server:      { server: [internet], ipv6: 2001:db8:ff::1, prefixes: [2001:db8:f0::/44] }
  host:        { under-test: [wifi] }
experiment:
  - plug-in: [wifi]
  - settle: true
  - probe: { many: { udp: { to: server, size: 60000 }, destinations: { prefix: 2001:db8:f0::/44, count: 80 } } }
`);
  t.match(decisions.many, { unclear: undefined, distribution: [{ router: 'wifi-router', count: 80 }] });
});

t.test('inbound: of each kind, over another link than its address, and from another source', async (t) => {
  const { decisions } = await runLab(`
networks:
  wifi: { ipv6: 2001:db8:a::/64, ipv4: 10.0.1.0/24 }
  lte:  { ipv6: 2001:db8:b::/64, ipv4: 10.0.2.0/24 }
nodes:
  wifi-router: { router: [wifi, internet], ra: { wifi: { preference: high } } }
  lte-router:  { router: [lte, internet], ra: { lte: {} } }
  server:      { server: [internet], ipv6: 2001:db8:ff::1, ipv4: 192.0.2.1 }
  host:        { under-test: [wifi, lte], addresses: { wifi: [10.0.1.10/24], lte: [10.0.2.10/24] }, routes: [{ to: default, via: wifi-router, family: ipv4 }] }
experiment:
  - plug-in: [wifi, lte]
  - settle: true
  - probe:
      udp:   { inbound: { from: server, kind: udp, to: lte } }
      tcp:   { inbound: { from: server, kind: tcp, to: lte } }
      ping:  { inbound: { from: server, kind: ping, to: wifi } }
      udp4:  { inbound: { from: server, kind: udp, to: 10.0.2.10 } }
      tcp4:  { inbound: { from: lte-router, kind: tcp, to: lte, family: ipv4 } }
      arp:   { inbound: { from: wifi-router, kind: arp, to: wifi } }
      arp-other: { inbound: { from: wifi-router, kind: arp, to: 10.0.2.10, over: wifi } }
      ns:    { inbound: { from: lte-router, kind: neighbour-solicitation, to: lte, over: lte } }
      over:  { inbound: { from: lte-router, kind: ping, to: wifi, over: lte } }
      spoofed: { inbound: { from: lte-router, kind: udp, to: lte, over: lte, source: 2001:db8:a::1 } }
      closed: { inbound: { from: server, kind: udp, to: 2001:db8:dead::1 } }
`);
  const overWifi = { reply: { sent: true, link: 'wifi', router: 'wifi-router' } };
  t.match(
    decisions.udp,
    { reply: { sent: true, link: 'wifi', router: 'wifi-router', sourceNetwork: 'wifi' } },
    'the host answers as its routes say',
  );
  t.match(decisions.tcp, { reply: { sent: true, link: 'wifi', sourceNetwork: 'lte' } });
  t.match(decisions.ping, overWifi);
  t.match(decisions.udp4, { reply: { sent: true, link: 'wifi' } });
  t.match(decisions.tcp4, { reply: { sent: true, link: 'lte', router: 'on-link' } });
  t.match(decisions.arp, { reply: { sent: true, link: 'wifi', source: '10.0.1.10' } });
  t.match(
    decisions['arp-other'],
    { reply: { sent: true, link: 'wifi', source: '10.0.2.10' } },
    'the kernel answers for every address it has',
  );
  t.match(decisions.ns, { reply: { sent: true, link: 'lte' } });
  t.match(decisions.over, { reply: { sent: true, sourceNetwork: 'wifi' } });
  t.match(decisions.spoofed, { reply: { sent: true, link: 'wifi' } });
  t.match(decisions.closed, { sent: false, unclear: /never reached a link of the host/ });
});
