import t from 'tap';
import { planLabs, runLab, runPlan } from '../support/run-lab.ts';

t.setTimeout(300_000);

const OFFICE = `
networks: { office: { ipv6: 2001:db8:a::/64, ipv4: 10.0.1.0/24 } }
nodes:
  router: { router: [office, internet], ra: { office: {} }, dns: { records: { www.example: { A: 192.0.2.1, AAAA: 2001:db8:ff::1 }, four.example: { A: 192.0.2.1 } } } }
  server: { server: [internet], ipv6: 2001:db8:ff::1, ipv4: 192.0.2.1 }
  host:
    under-test: [office]
    addresses: { office: [10.0.1.10/24] }
    routes: [{ to: default, via: router, family: ipv4 }]
    resolver: { servers: [10.0.1.1], search: [example], options: ["timeout:1"] }
experiment:
  - plug-in: [office]
  - settle: true
`;

t.test('names are resolved and queried, pages fetched by name and by address, commands run', async (t) => {
  const { decisions, timeline } = await runLab(`${OFFICE}
  - probe:
      resolve:  { resolve: www.example }
      resolve4: { resolve: { name: www.example, family: ipv4 } }
      search:   { resolve: www }
      none:     { resolve: nowhere.example }
      query:    { query: { name: www.example, type: AAAA } }
      asked:    { query: { name: four.example, server: router } }
      fetch:    { fetch: "http://www.example/" }
      fetch4:   { fetch: "http://four.example:8080/path" }
      by-node:  { fetch: "http://server:8081/" }
      by-link:  { fetch: { url: "http://server:8082/", bind-link: office } }
      command:  { command: { run: [ping, -c, "1", -W, "5", 2001:db8:ff::1], to: server } }
      failing:  { command: { run: [sh, -c, "exit 3"] } }
`);
  t.same(decisions.resolve!.order?.toSorted(), ['192.0.2.1', '2001:db8:ff::1']);
  t.match(decisions.resolve, {
    servers: [{ server: 'router', address: '10.0.1.1', answered: true }],
    unclear: undefined,
  });
  t.same(decisions.resolve4!.order, ['192.0.2.1']);
  t.match(decisions.search, { order: { length: 2 }, servers: [{ server: 'router' }] });
  t.match(decisions.none, { error: 'exit 2', servers: [{ server: 'router', answered: true }] });
  t.match(decisions.query, { answered: true, servers: [{ server: 'router', address: '10.0.1.1' }] });
  t.match(decisions.asked, { answered: true, servers: [{ server: 'router' }] });
  t.match(decisions.fetch, {
    destination: '2001:db8:ff::1',
    answered: true,
    by: 'server',
    servers: [{ server: 'router' }],
  });
  t.match(decisions.fetch4, { destination: '192.0.2.1', answered: true, by: 'server' });
  for (const probe of ['by-node', 'by-link', 'command'])
    t.match(
      decisions[probe],
      { destination: '2001:db8:ff::1', answered: true, by: 'server', router: 'router' },
      probe,
    );
  t.match(decisions.failing, { sent: false, error: 'exit 3', unclear: undefined });
  const fetched = timeline.find(
    (event) => event.kind === 'probe' && event.probe === 'fetch' && event.what === 'answer',
  );
  t.match(fetched, { answer: { output: 'server\n' } });
});

t.test(
  'each state is waited for, and one that never comes is told with its line and what is missing',
  async (t) => {
    const { decisions } =
      await runLab(`${OFFICE.replace('routes: [{ to: default, via: router, family: ipv4 }]', 'mac: { office: "02:00:00:00:01:01" }')}
  - wait: { default-routers: [router], addresses: [office], address: [10.0.1.10], routes: ["2001:db8:a::/64"] }
  - wait: { no-address: [10.0.1.99], no-routes: ["2001:db8:77::/64"], resolver: [10.0.1.1] }
  - probe: { first: { ping: router } }
  - wait: { neighbour: { node: router, link: office, state: reachable } }
  - ip: { host: ["neigh change \${router.office.ipv6} dev office nud stale"] }
  - wait: { neighbour: { node: router, link: office, state: stale } }
  - ip: { host: ["neigh flush dev office"] }
  - wait: { neighbour: { node: router, link: office, state: gone } }
  - run: { host: [ping, -c, "1", -W, "5", 10.0.1.1] }
  - wait: { packet: { link: office, from: host, kind: arp-request } }
  - stop: [router.ra]
  - wait: { log: { daemon: router.ra, text: sending stop adverts } }
  - wait: { no-default-routers: [router] }
  - send: { node: router, link: office, router-advertisement: { lifetime: 0s, prefixes: [{ prefix: "2001:db8:a::/64", preferred-lifetime: 0s }] } }
  - wait: { packet: { link: office, from: router, kind: router-advertisement } }
  - wait: { deprecated: ["2001:db8:a:0:0:ff:fe00:101"] }
  - probe: { last: { ping: router } }
`);
    t.match(decisions.first, { answered: true });
    t.match(decisions.last, { answered: true });
    const missed = async (state: string) =>
      (
        await runPlan(
          planLabs(
            `${OFFICE}  - wait: { ${state}, within: 100ms }\n  - probe: { web: { udp: server } }\n`,
          )[0]!,
        )
      ).failure;
    t.match(await missed('no-default-routers: [router]'), {
      kind: 'evidence',
      message:
        /^line 19: wait for no-default-routers: 100 ms after the step before, the default route through router \(.* on office\) is still there$/,
    });
  },
);
