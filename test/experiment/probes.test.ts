import t from 'tap';
import { runLab } from '../support/run-lab.ts';

t.setTimeout(300_000);

/** wifi is preferred; each family has a way over each link. */
const TWO_LINKS = `
networks:
  wifi: { ipv6: 2001:db8:a::/64, ipv4: 10.0.1.0/24 }
  lte:  { ipv6: 2001:db8:b::/64, ipv4: 10.0.2.0/24 }
  # Behind the internet, narrower than what leads there.
  farm: { ipv6: 2001:db8:f::/64, ipv4: 10.0.15.0/24, mtu: 1280 }
nodes:
  wifi-router: { router: [wifi, internet], ra: { wifi: { preference: high } } }
  lte-router:  { router: [lte, internet], ra: { lte: {} } }
  farm-router: { router: [farm, internet] }
  deep:        { server: [farm] }
  server:
    server: [internet]
    ipv6: 2001:db8:ff::1
    ipv4: 192.0.2.1
    nftables: |
      table inet refuse {
        chain input {
          type filter hook input priority 0;
          tcp dport { 7777, 7779 } reject with tcp reset
          udp dport { 7778, 7780 } reject with icmpx port-unreachable
        }
      }
  host:
    under-test: [wifi, lte]
    addresses: { wifi: [10.0.1.10/24], lte: [10.0.2.10/24] }
    routes:
      - { to: default, via: wifi-router, family: ipv4 }
      - { to: default, via: lte-router, family: ipv4, metric: 10 }
      - { to: default, via: lte-router, family: ipv4, table: 100 }
    rules:
      - { family: ipv4, mark: 7, table: 100 }
      - { family: ipv4, uid: 1000, table: 100 }
`;
const READY = `
experiment:
  - plug-in: [wifi, lte]
  - settle: true
`;

const overWifi = { sent: true, router: 'wifi-router', link: 'wifi', sourceNetwork: 'wifi', answered: true };
const overLte = { sent: true, router: 'lte-router', link: 'lte', sourceNetwork: 'lte', answered: true };
const byServer = { by: 'server', contradictions: [], unclear: undefined };

t.test('udp, tcp and ping of each family, and the socket options that change their way', async (t) => {
  const { decisions, timeline } = await runLab(`${TWO_LINKS}${READY}
  - probe:
      udp:    { udp: server }
      udp4:   { udp: { to: server, family: ipv4 } }
      tcp:    { tcp: server }
      tcp4:   { tcp: { to: server, family: ipv4 } }
      ping:   { ping: server }
      ping4:  { ping: { to: server, family: ipv4 } }
      link:   { udp: { to: server, bind-link: lte } }
      link4:  { tcp: { to: server, bind-link: lte, family: ipv4 } }
      source: { tcp: { to: server, bind-address: lte } }
      ping-source: { ping: { to: server, bind-address: 10.0.2.10, family: ipv4 } }
      mark:   { ping: { to: server, mark: 7, family: ipv4 } }
      user:   { tcp: { to: server, user: 1000, family: ipv4 } }
      hops:   { tcp: { to: server, hop-limit: 7 } }
      hops4:  { ping: { to: server, hop-limit: 9, family: ipv4 } }
      large:  { tcp: { to: server, size: 3000 } }
      large4: { udp: { to: server, size: 3000, family: ipv4 } }
`);
  for (const plain of ['udp', 'udp4', 'tcp', 'tcp4', 'ping', 'ping4', 'large', 'large4'])
    t.match(
      decisions[plain],
      { ...overWifi, ...byServer, arrival: { router: 'wifi-router', link: 'wifi' } },
      plain,
    );
  for (const bound of ['link', 'link4', 'mark', 'user'])
    t.match(decisions[bound], { ...overLte, ...byServer }, bound);
  for (const source of ['source', 'ping-source'])
    t.match(
      decisions[source],
      { ...overWifi, ...byServer, sourceNetwork: 'lte', arrival: { router: 'lte-router', link: 'lte' } },
      source,
    );
  t.match(decisions.hops, { hopLimit: 7, answered: true });
  t.match(decisions.hops4, { hopLimit: 9, answered: true });
  t.ok(decisions.udp!.answerAfterMs! > 0);
  const bytes = (probe: string) => {
    const during = timeline.filter((event) => event.kind === 'probe' && event.probe === probe);
    const [from, to] = [during[0]!.at, during.at(-1)!.at];
    return timeline
      .filter((event) => event.kind === 'packet')
      .filter(({ at, link, node }) => at >= from && at <= to && link === 'wifi' && node === 'host')
      .reduce((sum, { length }) => sum + length, 0);
  };
  t.ok(bytes('large') > 3000 && bytes('tcp') < 1000, 'a TCP probe sends as much as it says');
  t.ok(bytes('large4') > 3000, 'a UDP probe in fragments is read from its first');
});

t.test('a refusal is no answer: it is named, with who refused', async (t) => {
  const { decisions } = await runLab(
    `${TWO_LINKS}${READY}
  - probe:
      reset:     { tcp: { to: server, port: 7777 } }
      reset4:    { tcp: { to: server, port: 7779, family: ipv4 } }
      closed:    { udp: { to: server, port: 7778 } }
      closed4:   { udp: { to: server, port: 7780, family: ipv4 } }
      no-route:  { udp: 2001:db8:dead::1 }
      no-route-tcp: { tcp: 198.51.100.1 }
      too-big:   { udp: { to: deep, size: 1400 } }
      too-big4:  { ping: { to: deep, size: 1400, family: ipv4 } }
      hops:      { ping: { to: server, hop-limit: 1 } }
      fits:      { udp: { to: deep, size: 1000 } }
`,
  );
  const refused = { sent: true, answered: false, unclear: undefined, contradictions: [] };
  t.match(decisions.reset, { ...refused, by: 'server', error: 'ECONNREFUSED' });
  t.match(decisions.reset4, { ...refused, by: 'server', error: 'ECONNREFUSED' });
  t.match(decisions.closed, { ...refused, by: 'server', error: 'icmp port unreachable' });
  t.match(decisions.closed4, { ...refused, by: 'server', error: 'icmp port unreachable' });
  t.match(decisions['no-route'], { ...refused, by: 'internet', error: 'icmp no route' });
  t.match(decisions['no-route-tcp'], { ...refused, by: 'internet', error: 'ENETUNREACH' });
  t.match(decisions['too-big'], { ...refused, by: 'farm-router', error: 'icmp packet too big, MTU 1280' });
  t.match(decisions['too-big4'], {
    ...refused,
    by: 'farm-router',
    error: 'icmp fragmentation needed, MTU 1280',
  });
  t.match(decisions.hops, { ...refused, by: 'wifi-router', error: 'icmp time exceeded' });
  t.match(decisions.fits, { answered: true, by: 'deep' }, 'the narrow network itself carries what fits');
  for (const name of ['reset', 'closed', 'too-big'])
    t.equal(decisions[name]!.packets.length, 2, `${name}: question and refusal are named`);
});
