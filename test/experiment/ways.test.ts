import t from 'tap';
import { planLabs, runPlan } from '../support/run-lab.ts';

t.setTimeout(300_000);

/** Static addresses and one route over both links in each family: nothing but its hash decides. */
const ONE_ROUTE_OVER_TWO_LINKS = `
networks:
  wifi: { ipv6: 2001:db8:a::/64, ipv4: 10.0.1.0/24 }
  lte:  { ipv6: 2001:db8:b::/64, ipv4: 10.0.2.0/24 }
nodes:
  wifi-router: { router: [wifi, internet] }
  lte-router:  { router: [lte, internet] }
  server:      { server: [internet], ipv6: "2001:db8:ff::1", ipv4: 192.0.2.1 }
  host:
    under-test: [wifi, lte]
    addresses: { wifi: ["2001:db8:a::10/64", 10.0.1.10/24], lte: ["2001:db8:b::10/64", 10.0.2.10/24] }
    ip:
      - route add default nexthop via 10.0.1.1 dev wifi nexthop via 10.0.2.1 dev lte
      - >-
        route add default nexthop via \${wifi-router.wifi.link-local} dev wifi
        nexthop via \${lte-router.lte.link-local} dev lte
experiment:
  - plug-in: [wifi, lte]
  - settle: true
  - probe:
      udp:   { udp: server }
      udp4:  { udp: { to: server, family: ipv4 } }
      tcp:   { tcp: server }
      tcp4:  { tcp: { to: server, family: ipv4 } }
      ping:  { ping: server }
      ping4: { ping: { to: server, family: ipv4 } }
`;

const withSeed = async (hashSeed: number) =>
  (await runPlan({ ...planLabs(ONE_ROUTE_OVER_TWO_LINKS)[0]!, hashSeed })).decisions;

t.test('of several next hops the host names the one that its packet takes, whatever the seed', async (t) => {
  const runs = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(withSeed));
  for (const probe of ['udp', 'udp4', 'tcp', 'tcp4', 'ping', 'ping4']) {
    const decisions = runs.map((run) => run[probe]!);
    t.same(
      decisions.flatMap(({ contradictions }) => contradictions),
      [],
      probe,
    );
    t.same(new Set(decisions.map(({ link }) => link)), new Set(['wifi', 'lte']), `${probe} takes either`);
  }
});

t.test('one seed is one decision, in every run', async (t) => {
  const links = async () => Object.values(await withSeed(3)).map(({ probe, link }) => [probe, link]);
  const first = await links();
  t.same(await links(), first);
  t.same(await links(), first);
});
