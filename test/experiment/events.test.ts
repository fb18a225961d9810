import t from 'tap';
import { planLabs, runLab, runPlan } from '../support/run-lab.ts';

t.setTimeout(300_000);

const NETWORKS = `
networks:
  wifi: { ipv6: 2001:db8:a::/64, ipv4: 10.0.1.0/24 }
  lte:  { ipv6: 2001:db8:b::/64, ipv4: 10.0.2.0/24 }
`;
const NODES = `
nodes:
  wifi-router: { router: [wifi, internet], ra: { wifi: { preference: high } } }
  lte-router:  { router: [lte, internet], ra: { lte: {} } }
  server:      { server: [internet], ipv6: 2001:db8:ff::1, ipv4: 192.0.2.1 }
  host:
    under-test: [wifi, lte]
`;
const READY = `
experiment:
  - plug-in: [wifi, lte]
  - settle: true
`;

t.test('a link is plugged in, unplugged and plugged in again', async (t) => {
  const { decisions } = await runLab(`${NETWORKS}${NODES}
experiment:
  - plug-in: [lte]
  - settle: true
  - probe: { lte-alone: { udp: server } }
  - plug-in: [wifi]
  - settle: true
  - probe: { both: { udp: server } }
  - unplug: [wifi]
  - settle: true
  - plug-in: [wifi]
  - settle: true
  - probe: { again: { udp: server } }
  - unplug: [wifi]
  - probe: { unplugged: { udp: server }, other-link: { udp: { to: server, bind-link: lte } } }
`);
  t.match(decisions['lte-alone'], { link: 'lte', answered: true });
  t.match(decisions.both, { link: 'wifi', answered: true });
  t.match(decisions.unplugged, { sent: false, link: 'wifi', answered: false, unclear: undefined });
  t.match(decisions['other-link'], { link: 'lte', answered: true });
  t.match(decisions.again, { link: 'wifi', answered: true });
});

t.test('settle waits for nothing that only who was ended or silenced could bring', async (t) => {
  const text = `${NETWORKS}
nodes:
  wifi-router: { router: [wifi, internet], ra: { wifi: {} }, dhcpv4: { wifi: {} } }
  lte-router:  { router: [lte, internet], ra: { lte: { preference: high } } }
  server:      { server: [internet], ipv6: 2001:db8:ff::1, ipv4: 192.0.2.1 }
  host: { under-test: [wifi, lte] }
experiment:
  - kill: [wifi-router.ra]
  - stop: [wifi-router.dhcpv4]
  - silence: { lte-router: all }
  - plug-in: [wifi, lte]
  - settle: true
  - probe: { alone: { udp: server } }
  - start: [wifi-router.ra]
  - settle: true
  - probe: { one-back: { udp: server } }
  - speak: [lte-router]
  - settle: true
  - probe: { both-back: { udp: server } }
`;
  for (const stack of ['kernel', 'dhclient', 'ifupdown', 'udhcpc']) {
    const { decisions } = await runLab(text, stack);
    t.match(decisions.alone, { sent: false }, stack);
    t.match(decisions['one-back'], { router: 'wifi-router', answered: true }, stack);
    t.match(decisions['both-back'], { router: 'lte-router', answered: true }, stack);
  }
});

t.test(
  'in any order the host settles on one link before the next: the first router stays the default',
  async (t) => {
    const plans = planLabs(`${NETWORKS}${NODES.replace('preference: high', '')}
experiment:
  - plug-in: { any-order: [wifi, lte] }
  - settle: true
  - probe: { web: { udp: server } }
`);
    const runs = await Promise.all(plans.map((plan) => runPlan(plan)));
    t.same(
      runs.map(({ plan, decisions, failure }) => [plan.variant, decisions.web?.router, failure]),
      [
        ['order wifi, lte', 'wifi-router', undefined],
        ['order lte, wifi', 'lte-router', undefined],
      ],
    );
  },
);

t.test('a daemon is stopped in good order, killed, started again and reconfigured', async (t) => {
  const { decisions, timeline } = await runLab(`${NETWORKS}${NODES}${READY}
  - stop: [wifi-router.ra]
  - wait: { no-default-routers: [wifi-router] }
  - probe: { stopped: { udp: server } }
  - change: { nodes.wifi-router.ra.wifi.preference: low }
  - probe: { changed-while-stopped: { udp: server } }
  - start: [wifi-router.ra]
  - wait: { default-routers: [wifi-router] }
  - probe: { low: { udp: server } }
  - change: { nodes.wifi-router.ra.wifi.preference: high }
  - wait: { packet: { link: wifi, from: wifi-router, kind: router-advertisement } }
  - probe: { high: { udp: server } }
  - kill: [wifi-router.ra]
  - probe: { killed: { udp: server } }
`);
  for (const probe of ['stopped', 'changed-while-stopped', 'low'])
    t.match(decisions[probe], { router: 'lte-router', answered: true }, probe);
  for (const probe of ['high', 'killed'])
    t.match(decisions[probe], { router: 'wifi-router', answered: true }, probe);
  const said = timeline.filter((event) => event.kind === 'daemon' && event.daemon === 'wifi-router.ra');
  t.same(
    said.map((event) => event.kind === 'daemon' && event.what),
    ['started', 'ready', 'exited', 'started', 'ready', 'reloaded', 'exited'],
  );
  t.match(said.at(-1), { signal: 'SIGKILL', expected: true });
});

t.test('a daemon that dies by itself, or was never there to start, is told', async (t) => {
  const lab = (
    run: string,
  ) => `${NETWORKS}${NODES.replace('  server: ', `  box: { host: [wifi], daemons: { brief: { command: [${run}], ready: up } } }\n  server: `)}${READY}
  - probe: { web: { udp: server } }
`;
  const dead = await runPlan(
    planLabs(
      lab('sh, -c, "echo up; exec sleep 0.2"').replace(
        '- settle: true',
        '- wait: { address: [2001:db8::1] }',
      ),
    )[0]!,
  );
  t.match(dead.failure, { kind: 'daemon', daemon: 'box.brief', message: /exit code 0/, lastOutput: ['up'] });
  const never = await runPlan(planLabs(lab('cat, /nothing'))[0]!);
  t.match(never.failure, { kind: 'daemon', daemon: 'box.brief', lastOutput: [/No such file/] });
  const silent = await runPlan(
    planLabs(lab('sleep, "60"').replace('ready: up', 'ready: up, within: 300ms'))[0]!,
  );
  t.match(silent.failure, { kind: 'daemon', message: /not ready within 300 ms: no output matched/ });
});

t.test(
  'a change takes addresses, routes, rules, parameters, filters and files to what the lab then says',
  async (t) => {
    const { decisions, timeline } = await runLab(`${NETWORKS}${NODES}
    addresses: { wifi: [10.0.1.10/24], lte: [10.0.2.10/24] }
    routes:
      - { to: default, via: wifi-router, family: ipv4 }
      - { to: default, via: lte-router, family: ipv4, table: 100 }
    resolver: { servers: [192.0.2.1] }
${READY}
  - probe: { before: { udp: { to: server, family: ipv4 } } }
  - change: { nodes.host.addresses.wifi: [10.0.1.20/24] }
  - probe: { address: { udp: { to: server, family: ipv4 } } }
  - change: { nodes.host.rules: [{ family: ipv4, to: 192.0.2.0/24, table: 100 }] }
  - probe: { rule: { udp: { to: server, family: ipv4 } } }
  - change: { nodes.host.rules: null }
  - probe: { rule-gone: { udp: { to: server, family: ipv4 } } }
  - change: { nodes.host.routes.0.via: lte-router }
  - probe: { route: { udp: { to: server, family: ipv4 } } }
  - change: { nodes.host.routes: [{ to: default, via: wifi-router, family: ipv4 }, { to: 192.0.2.0/24, via: lte-router, metric: 5 }] }
  - probe: { route-added: { udp: { to: server, family: ipv4 } } }
  - change: { nodes.host.routes: [{ to: default, via: wifi-router, family: ipv4 }] }
  - probe: { route-gone: { udp: { to: server, family: ipv4 } } }
  - change: { nodes.host.sysctls: { net.ipv6.conf.all.hop_limit: 33, net.ipv4.ip_default_ttl: 44 } }
  - probe: { sysctl: { udp: { to: server, family: ipv4 } } }
  - change: { nodes.host.sysctls: null }
  - probe: { sysctl-gone: { udp: { to: server, family: ipv4 } } }
  - change: { nodes.host.nftables: 'table ip closed { chain o { type filter hook output priority 0; ip daddr 192.0.2.1 drop; }; }' }
  - probe: { filter: { udp: { to: server, family: ipv4 } } }
  - change: { nodes.host.nftables: null }
  - probe: { filter-gone: { udp: { to: server, family: ipv4 } } }
  - change: { nodes.host.resolver.servers: [198.51.100.7] }
  - wait: { resolver: [198.51.100.7] }
  - run: { host: [grep, -q, 198.51.100.7, /etc/resolv.conf] }
  - change: { nodes.server.ipv4: 192.0.2.9 }
  - probe: { server-moved: { udp: { to: server, family: ipv4 } } }
`);
    const wifi = { link: 'wifi', router: 'wifi-router', answered: true };
    const lte = { link: 'lte', router: 'lte-router', answered: true };
    t.match(decisions.before, { ...wifi, source: '10.0.1.10', hopLimit: 64 });
    t.match(decisions.address, { ...wifi, source: '10.0.1.20' });
    t.match(decisions.rule, lte);
    t.match(decisions['rule-gone'], wifi);
    t.match(decisions.route, lte);
    t.match(decisions['route-added'], lte);
    t.match(decisions['route-gone'], wifi);
    t.match(decisions.sysctl, { ...wifi, hopLimit: 44 });
    t.match(decisions['sysctl-gone'], { ...wifi, hopLimit: 64 });
    t.match(decisions.filter, { sent: false, error: 'EPERM' });
    t.match(decisions['filter-gone'], wifi);
    t.match(decisions['server-moved'], { ...wifi, destination: '192.0.2.9' });
    t.ok(timeline.length > 0);
  },
);

t.test('a change of a network: its prefix, its MTU, its losses', async (t) => {
  const { decisions, timeline } = await runLab(`${NETWORKS}${NODES}
    addresses: { wifi: [10.0.1.10/24] }
    routes: [{ to: default, via: wifi-router, family: ipv4 }]
experiment:
  - plug-in: [wifi]
  - settle: true
  - probe: { before: { udp: server }, large: { ping: { to: server, size: 1400, family: ipv4 } } }
  - change: { networks.wifi.mtu: 1280 }
  - probe: { narrow: { ping: { to: server, size: 1400, family: ipv4 } } }
  - change: { networks.wifi.impair: { loss: 100 } }
  - probe: { lossy: { udp: server } }
  - change: { networks.wifi.impair: null }
  - probe: { healed: { udp: server } }
  - change:
      networks.wifi.ipv6: 2001:db8:c::/64
      nodes.wifi-router.ra.wifi.prefixes: { 2001:db8:c::/64: {}, 2001:db8:a::/64: { preferred-lifetime: 0s } }
  - settle: { addresses: [wifi] }
  - probe: { renumbered: { udp: server } }
`);
  t.match(decisions.before, { source: /^2001:db8:a:/, answered: true });
  const fragments = (probe: string) => {
    const during = timeline.filter((event) => event.kind === 'probe' && event.probe === probe);
    return timeline.filter(
      (event) =>
        event.kind === 'packet' &&
        event.link === 'wifi' &&
        event.node === 'host' &&
        event.length > 150 &&
        event.at >= during[0]!.at &&
        event.at <= during.at(-1)!.at,
    ).length;
  };
  t.match([decisions.large, decisions.narrow], [{ answered: true }, { answered: true }]);
  t.same([fragments('large'), fragments('narrow')], [1, 2]);
  t.match(decisions.lossy, { sent: true, answered: false });
  t.match(decisions.healed, { answered: true });
  t.match(decisions.renumbered, { source: /^2001:db8:c:/, sourceNetwork: 'wifi', answered: true });
});

t.test('what a change step cannot do is said before anything starts', async (t) => {
  const plan =
    (change: string, host = '') =>
    () =>
      planLabs(`${NETWORKS}${NODES}${host}${READY}  - change: ${change}\n`);
  t.throws(
    plan('{ nodes.wifi-router.mac: { wifi: "02:00:00:00:00:99" } }'),
    /adds and removes no network, node, link/,
  );
  t.throws(
    plan('{ nodes.host.ip: null }', '    ip: ["link set dev wifi mtu 1400"]\n'),
    /link set dev wifi mtu 1400" has no opposite/,
  );
});

t.test('a router falls silent: altogether, for neighbours alone, for what it forwards alone', async (t) => {
  const { decisions, timeline } = await runLab(`${NETWORKS}${NODES}
experiment:
  - plug-in: [wifi]
  - settle: true
  - probe: { before: { ping: server } }
  - silence: { wifi-router: forwarding }
  - probe: { no-forwarding: { ping: server }, itself: { ping: wifi-router } }
  - silence: { wifi-router: neighbours }
  - probe: { known-neighbour: { ping: server } }
  - ip: { host: ["neigh flush dev wifi"] }
  - probe: { unknown-neighbour: { ping: server } }
  - speak: [wifi-router]
  - probe: { speaks: { ping: server, until: answered, within: 20s } }
  - silence: { wifi-router: all }
  - probe: { all: { ping: server }, all-itself: { ping: wifi-router } }
  - speak: [wifi-router]
  - probe: { speaks-again: { ping: server, until: answered, within: 20s } }
`);
  t.match(decisions.before, { answered: true, router: 'wifi-router' });
  t.match(decisions['no-forwarding'], { sent: true, router: 'wifi-router', answered: false });
  t.match(decisions.itself, { answered: true, by: 'wifi-router' });
  t.match(decisions['known-neighbour'], { router: 'wifi-router', answered: true });
  t.match(decisions['unknown-neighbour'], { answered: false });
  t.match(decisions.speaks, { answered: true });
  t.match(decisions.all, { answered: false });
  t.match(decisions['all-itself'], { answered: false });
  t.match(decisions['speaks-again'], { answered: true });
  const steps = timeline.filter((event) => event.kind === 'step');
  const at = (title: string, nth: number) =>
    steps.filter((event) => event.kind === 'step' && event.title === title).at(nth)!.at;
  const silent = [at('silence wifi-router: all', -1), at('wifi-router speaks again', -2)] as const;
  t.same(
    timeline.filter(
      (event) =>
        event.kind === 'packet' &&
        event.node === 'wifi-router' &&
        event.at > silent[0] &&
        event.at < silent[1],
    ),
    [],
    'nothing of a silent node is on any link',
  );
});

t.test('loss and rate of a link; a delay needs netem, which is asked of the machine', async (t) => {
  const { decisions } =
    await runLab(`${NETWORKS.replace('ipv4: 10.0.2.0/24', 'impair: { loss: 100 }')}${NODES}
experiment:
  - plug-in: [wifi]
  - settle: true
  - probe: { fast: { udp: { to: server, size: 1000 } } }
  - impair: { wifi: { rate: 8kbit } }
  # Two frames pass at once.
  - probe: { slow: { udp: { to: server, size: 3500 }, within: 60s } }
  - impair: { wifi: { loss: 100 } }
  - probe: { lost: { udp: server } }
  - impair: { wifi: {} }
  - probe: { healed: { udp: server } }
`);
  t.match(decisions.fast, { answered: true });
  t.match(decisions.slow, { answered: true });
  t.ok(decisions.slow!.answerAfterMs! > 300, `slow took ${decisions.slow!.answerAfterMs} ms`);
  t.match(decisions.lost, { sent: true, answered: false });
  t.match(decisions.healed, { answered: true });
  const [plan] = planLabs(`${NETWORKS}${NODES}${READY}
  - impair: { wifi: { delay: 50ms } }
  - probe: { web: { udp: server } }
`);
  t.match(
    plan!.needs,
    [
      ...plan!.needs.filter(({ name }) => name !== 'netem'),
      { kind: 'kernel', name: 'netem', for: 'the delay of a link' },
    ].filter(({ name }) => name === 'netem').length
      ? plan!.needs
      : [],
  );
  t.ok(plan!.needs.some(({ kind, name }) => kind === 'kernel' && name === 'netem'));
});

t.test('packets that a node sends as written: with any field, reserved, malformed, or in hex', async (t) => {
  const { decisions, timeline } = await runLab(`${NETWORKS}
nodes:
  router:   { router: [wifi, internet], ra: { wifi: {} } }
  second:   { router: [wifi, internet], link-local: { wifi: fe80::2 } }
  server:   { server: [internet], ipv6: 2001:db8:ff::1 }
  other:    { server: [internet], ipv6: 2001:db8:fe::1 }
  host:     { under-test: [wifi] }
experiment:
  - plug-in: [wifi]
  - settle: true
  - probe: { before: { udp: server } }
  # RFC 4861 section 8.1: a redirect counts only from the current first hop.
  - send: { node: second, link: wifi, redirect: { target: second, redirected-destination: server } }
  - probe: { forged: { udp: server } }
  - send: { node: second, link: wifi, redirect: { source: router, target: second, redirected-destination: server } }
  - probe: { redirected: { udp: server }, not-redirected: { udp: other } }
  - send: { node: second, link: wifi, router-advertisement: { preference: high, checksum: 1 } }
  - send: { node: second, link: wifi, router-advertisement: { preference: high, code: 7 } }
  - send: { node: second, link: wifi, router-advertisement: { preference: high, options: ["0100"] } }
  - probe: { malformed: { udp: other } }
  - send: { node: second, link: wifi, router-advertisement: { preference: reserved, lifetime: 600s, reachable-time: 20s, hop-limit: 77, mtu: 1400, source: fe80::2,
            prefixes: [{ prefix: 2001:db8:77::/64, on-link: false, valid-lifetime: infinity, preferred-lifetime: 1h }], routes: [{ prefix: 2001:db8:fe::/48, preference: low }] } }
  - settle: { default-routers: [second] }
  - probe: { reserved: { udp: other } }
  - send: { node: second, link: wifi, neighbour-solicitation: { target: host } }
  - wait: { packet: { link: wifi, from: host, kind: neighbour-advertisement } }
  # An unsolicited NA that overrides moves the router to another MAC address (RFC 4861 section 7.2.5).
  - send: { node: second, link: wifi, neighbour-advertisement: { source: router, target: router, override: true, router: true, target-link-layer: "02:aa:aa:aa:aa:aa" } }
  - probe: { moved: { udp: other } }
  # The same that is no router any more: the host must leave it.
  - send: { node: second, link: wifi, neighbour-advertisement: { source: router, target: router, override: true, router: false } }
  - wait: { no-default-routers: [router] }
  - probe: { left: { udp: other } }
  - send: { node: second, link: wifi, hex: "ff ff ff ff ff ff 02 00 00 00 00 99 08 06 00 01 08 00 06 04 00 01 02 00 00 00 00 99 0a 00 01 63 00 00 00 00 00 00 0a 00 01 01" }
  - wait: { packet: { link: wifi, from: router, kind: arp-reply } }
`);
  t.match(decisions.before, { router: 'router', answered: true });
  t.match(decisions.forged, { router: 'router', answered: true });
  t.match(decisions.redirected, { router: 'second', answered: true });
  t.match(decisions['not-redirected'], { router: 'router' });
  t.match(decisions.malformed, { router: 'router' });
  t.match(decisions.reserved, { router: 'router' });
  t.match(decisions.left, { router: 'second', hopLimit: 77 });
  t.match(decisions.moved, { router: '02:aa:aa:aa:aa:aa', answered: false });
  const sent = timeline.filter(
    (event) => event.kind === 'packet' && event.node === 'second' && event.link === 'wifi',
  );
  t.ok(sent.length >= 9, 'every packet is on the wire');
});
