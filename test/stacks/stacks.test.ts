import { readFileSync } from 'node:fs';
import t from 'tap';
import type { TimelineEvent } from '../../src/evidence/timeline.ts';
import { stackNamed } from '../../src/stacks/index.ts';
import { planLabs, runLab } from '../support/run-lab.ts';

const ONE = `
networks:
  office: { ipv4: 10.0.1.0/24, ipv6: 2001:db8:a::/64 }
nodes:
  router:
    router: [office, internet]
    ra: { office: { managed: true } }
    dhcpv4: { office: { dns: [server], hosts: { host: 10.0.1.50 } } }
    dhcpv6: { office: { daemon: kea, range: ["2001:db8:a::1000", "2001:db8:a::1000"] } }
  server: { server: [internet], ipv4: 192.0.2.1, ipv6: 2001:db8:ff::1 }
  host: { under-test: [office] }
experiment:
  - plug-in: [office]
  - settle: true
  - wait: { resolver: [192.0.2.1] }
  - probe: { v4: { udp: 192.0.2.1 }, v6: { udp: "2001:db8:ff::1" } }
`;

const TWO = `
networks:
  wifi: { ipv4: 10.0.1.0/24 }
  lte: { ipv4: 10.0.2.0/24 }
nodes:
  wifi-router: { router: [wifi, internet], dhcpv4: { wifi: {} } }
  lte-router: { router: [lte, internet], dhcpv4: { lte: { daemon: kea } } }
  server: { server: [internet], ipv4: 192.0.2.1 }
  host: { under-test: [wifi, lte] }
experiment:
  - plug-in: [wifi]
  - settle: true
  - plug-in: [lte]
  - settle: true
  - probe:
      web: { udp: server }
      bound: { udp: { to: 10.0.2.1, bind-link: lte } }
`;

const addressesOf = (timeline: TimelineEvent[], link: string): string[] =>
  timeline.flatMap((event) =>
    event.kind === 'netlink' && event.object === 'address' && event.interface === link && event.what === 'new'
      ? [event.address]
      : [],
  );

t.jobs = 3;

for (const stack of ['dhclient', 'ifupdown', 'udhcpc', 'dhcpcd', 'dhcpcd+noarp']) {
  t.test(`${stack} takes what one network offers`, { buffered: true }, async (t) => {
    const { decisions, timeline } = await runLab(ONE, stack);
    t.match(decisions.v4, { router: 'router', source: '10.0.1.50', answered: true });
    t.match(decisions.v6, { router: 'router', answered: true });
    const leased = addressesOf(timeline, 'office').includes('2001:db8:a::1000');
    t.equal(leased, stackNamed(stack).clients.includes('dhcpv6'));
    t.match(timeline.find((event) => event.kind === 'stack')?.version, /\d\.\d/);
  });

  t.test(
    `${stack} takes what two networks offer, and the first carries the traffic`,
    { buffered: true },
    async (t) => {
      const { decisions } = await runLab(TWO, stack);
      t.match(decisions.web, { router: 'wifi-router', link: 'wifi', answered: true });
      t.match(decisions.bound, { link: 'lte', answered: true });
    },
  );
}

t.test('a stack without a client is not put through a lab that offers leases only', async (t) => {
  t.equal(
    planLabs(TWO, 'kernel')[0]!.unsupported,
    'the kernel stack has no DHCPv4 client, and wifi offers addresses by nothing else',
  );
  t.equal(planLabs(ONE, 'kernel')[0]!.unsupported, undefined);
  t.equal(planLabs(TWO, 'udhcpc')[0]!.unsupported, undefined);
});

t.test('settle waits for the leases that the stack can take', async (t) => {
  const leases = (stack: string) =>
    planLabs(ONE, stack)[0]!.steps.flatMap((step) =>
      step.kind === 'wait' && step.settle ? step.state.leases : [],
    );
  t.strictSame(leases('kernel'), []);
  t.strictSame(leases('udhcpc'), [
    { interface: 'office', protocol: 'dhcpv4', ranges: [['10.0.1.50', '10.0.1.50']] },
  ]);
  t.strictSame(leases('dhclient')[1], {
    interface: 'office',
    protocol: 'dhcpv6',
    ranges: [['2001:db8:a::1000', '2001:db8:a::1000']],
  });
});

const TWO_ROUTERS = `
networks: { office: { ipv4: 10.0.1.0/24, ipv6: 2001:db8:a::/64 } }
nodes:
  main: { router: [office, internet], ra: { office: {} }, dhcpv4: { office: { router: backup } } }
  backup: { router: [office, internet], ra: { office: { preference: low } } }
  host: { under-test: [office] }
experiment:
  - plug-in: [office]
  - settle: true
  - probe: { web: { udp: main } }
`;

t.test('settle waits for every default route that the stack makes', async (t) => {
  const routers = (stack: string, text = TWO_ROUTERS) =>
    planLabs(text, stack)[0]!.steps.flatMap((step) =>
      step.kind === 'wait' && step.settle ? step.state.defaultRouters : [],
    );
  const known = (router: string) => ({
    daemon: 'host.dhcpcd',
    pattern: new RegExp(`office ROUTERADVERT.*${router}`),
  });
  t.match(routers('dhcpcd'), [
    { router: 'main', known: known('fe80::ff:fe00:1') },
    { router: 'backup', known: known('fe80::ff:fe00:2') },
  ]);
  t.ok(routers('dhclient').every(({ known }) => known === undefined));
  t.match(routers('networkd@trixie')[0], { interface: 'office', addresses: ['10.0.1.2'] }, 'of the lease');
  const classless = TWO_ROUTERS.replace('router: backup', 'routes: { 192.0.2.0/24: backup }');
  t.match(
    planLabs(classless, 'networkmanager@trixie')[0]!.steps.find(({ kind }) => kind === 'wait'),
    { state: { routes: ['192.0.2.0/24'] } },
    'classless routes stand for it',
  );
  t.equal(routers('networkmanager@trixie', classless).length, 2);
});

t.test(
  'of several routers of a link dhcpcd keeps the best, and the lab goes on',
  { buffered: true },
  async (t) => {
    const { decisions } = await runLab(
      TWO_ROUTERS.replace('udp: main', 'udp: "2001:db8:ff::1"').replace(
        'nodes:',
        'nodes:\n  server: { server: [internet], ipv6: 2001:db8:ff::1 }',
      ),
      'dhcpcd',
    );
    t.match(decisions.web, { router: 'main', answered: true });
  },
);

t.test('a lease that changes is taken up at the next renewal', { buffered: true }, async (t) => {
  const { timeline } = await runLab(
    `
networks:
  office: { ipv4: 10.0.1.0/24 }
nodes:
  router: { router: [office], dhcpv4: { office: { daemon: kea, lease-time: 4s, dns: [192.0.2.1] } } }
  host: { under-test: [office] }
experiment:
  - plug-in: [office]
  - settle: { addresses: [office], resolver: [192.0.2.1] }
  - change: { nodes.router.dhcpv4.office.dns: [192.0.2.2] }
  - wait: { resolver: [192.0.2.2], within: 30s }
  - probe: { near: { udp: router } }
`,
    'dhclient',
  );
  const texts = timeline.flatMap((event) => (event.kind === 'resolver' ? [event.text.trim()] : []));
  t.match(texts.at(-1), 'nameserver 192.0.2.2');
});

t.test("the machine's own files are as they were", async (t) => {
  const before = readFileSync('/etc/resolv.conf', 'utf8');
  await runLab(ONE, 'dhclient');
  t.equal(readFileSync('/etc/resolv.conf', 'utf8'), before);
});

const naming = (office: string, ask = 'probe: { name: { resolve: www.example } }') => `
networks: { office: { ipv4: 10.0.1.0/24, ipv6: 2001:db8:a::/64 } }
nodes:
  router: { router: [office], ${office} }
  host: { under-test: [office] }
experiment:
  - plug-in: [office]
  - settle: true
  - ${ask}
`;

const ADVERTISED = 'ra: { office: { rdnss: { servers: ["2001:db8:53::1"] } } }';
const BY_INFORMATION =
  'ra: { office: { other-config: true } }, dhcpv6: { office: { stateless: true, dns: ["2001:db8:53::1"] } }';

t.test('name servers that a stack does not learn are no question for it', async (t) => {
  const refusal = (lab: string, stack: string) => planLabs(lab, stack)[0]!.unsupported;
  const sentence = (stack: string, way: string) =>
    `the ${stack} stack takes no name servers from ${way}, and the lab needs those`;
  for (const [offer, stack, way] of [
    [ADVERTISED, 'kernel', 'router advertisements'],
    [ADVERTISED, 'dhclient', 'router advertisements'],
    [BY_INFORMATION, 'udhcpc', 'DHCPv6 information'],
    [BY_INFORMATION, 'networkd@bookworm', 'DHCPv6 information'],
  ] as const)
    t.equal(refusal(naming(offer), stack), sentence(stack.split('@')[0]!, way));
  for (const [offer, stack] of [
    [ADVERTISED, 'networkmanager'],
    [ADVERTISED, 'connman'],
    [BY_INFORMATION, 'dhclient'],
    [BY_INFORMATION, 'networkd@trixie'],
  ] as const)
    t.equal(refusal(naming(offer), stack), undefined, `${stack} learns them`);

  t.equal(refusal(naming(ADVERTISED, 'probe: { web: { udp: router } }'), 'kernel'), undefined, 'unasked');
  t.equal(refusal(naming('ra: { office: {} }'), 'kernel'), undefined, 'none are offered');
  const byHand = naming(ADVERTISED).replace(
    'under-test: [office]',
    'under-test: [office], resolver: { servers: ["2001:db8:53::2"] }',
  );
  t.equal(refusal(byHand, 'kernel'), undefined, 'the lab states others by hand');
  const awaited = naming(ADVERTISED, 'wait: { resolver: ["2001:db8:53::1"] }');
  t.equal(refusal(awaited, 'kernel'), sentence('kernel', 'router advertisements'));
  t.equal(
    refusal(awaited, 'connman'),
    'a lab cannot wait for the name servers of connman: its own DNS proxy alone stands in resolv.conf',
  );
});

t.test('settle waits for the name servers of all links where the stack shows them', async (t) => {
  const servers = (lab: string, stack: string) =>
    planLabs(lab, stack)[0]!.steps.flatMap((step) =>
      step.kind === 'wait' && step.settle ? step.state.resolvers : [],
    );
  t.strictSame(servers(naming(ADVERTISED), 'networkmanager'), ['2001:db8:53::1']);
  t.strictSame(servers(naming(BY_INFORMATION), 'networkd@trixie'), ['2001:db8:53::1']);
  t.strictSame(servers(naming(BY_INFORMATION, 'probe: { web: { udp: router } }'), 'networkd@bookworm'), []);
  t.strictSame(servers(naming(ADVERTISED), 'connman'), []);
});

t.test('settle waits for the word of connman that it takes the name servers that it asks for', async (t) => {
  const said = (lab: string, stack: string) =>
    planLabs(lab, stack)[0]!.steps.flatMap((step) =>
      step.kind === 'wait' && step.settle ? step.state.said.map(({ pattern }) => pattern) : [],
    );
  const taken = /dnsproxy_append.* server 2001:db8:53::1\$/;
  t.match(said(naming(ADVERTISED), 'connman@trixie'), [taken]);
  // Which may never come.
  t.strictSame(said(naming(BY_INFORMATION), 'connman@sid'), []);
});
