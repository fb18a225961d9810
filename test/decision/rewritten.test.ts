import t from 'tap';
import { rewrittenOf } from '../../src/decision/rewritten.ts';
import { silentStack } from '../../src/decision/silent-stack.ts';
import type { NetlinkEvent, TimelineEvent } from '../../src/evidence/timeline.ts';
import type { Plan, PlannedStep } from '../../src/plan/plan.ts';
import { planLabs, runPlan } from '../support/run-lab.ts';

t.setTimeout(300_000);

const address: NetlinkEvent = {
  at: 0,
  kind: 'netlink',
  node: 'host',
  what: 'new',
  object: 'address',
  interface: 'wifi',
  address: '10.0.1.7',
  prefixLength: 24,
  flags: ['permanent'],
  scope: 'global',
  preferredLifetime: null,
  validLifetime: null,
};
const route: NetlinkEvent = {
  at: 0,
  kind: 'netlink',
  node: 'host',
  what: 'new',
  object: 'route',
  family: 'ipv4',
  destination: '10.8.0.0/16',
  nextHops: [{ via: '10.0.1.1', interface: 'wifi' }],
  table: 77,
  protocol: 'boot',
  type: 'unicast',
};
const rule: NetlinkEvent = {
  at: 0,
  kind: 'netlink',
  node: 'host',
  what: 'new',
  object: 'rule',
  family: 'ipv4',
  priority: 100,
  table: 77,
};
const gone = (event: NetlinkEvent, at = 900): NetlinkEvent => ({ ...event, at, what: 'deleted' });
const back = (event: NetlinkEvent): NetlinkEvent => ({ ...event, at: 950 });

const STEPS: PlannedStep[] = [
  {
    kind: 'carrier',
    title: 'plug in wifi',
    interfaces: [{ node: 'host', name: 'wifi', port: 'p' }],
    up: true,
  },
  { kind: 'ip', title: 'ip on host', node: 'host', lines: [] },
  {
    kind: 'carrier',
    title: 'unplug wifi',
    interfaces: [{ node: 'host', name: 'wifi', port: 'p' }],
    up: false,
  },
  { kind: 'ip', title: 'ip on router', node: 'router', lines: [] },
];
const step = (index: number): TimelineEvent => ({ at: 10, kind: 'step', index, title: '', phase: 'begin' });
const started: TimelineEvent = { at: 5, kind: 'daemon', daemon: 'host.networkd', what: 'started' };
const plan = (text = '') =>
  ({
    stack: 'networkd@trixie',
    host: { node: 'host', resolverFile: '/etc/resolv.conf' },
    nodes: [{ name: 'host', files: { '/etc/resolv.conf': text } }],
    daemons: [],
    steps: STEPS,
  }) as unknown as Plan;

t.test('what the lab relies on and its stack took away is told, whatever it is', async (t) => {
  const told: [what: string, timeline: TimelineEvent[], sentence: RegExp][] = [
    ['an address', [address, started, gone(address)], /: the address 10\.0\.1\.7\/24 on wifi, 900 ms after/],
    [
      'a route',
      [route, started, step(0), gone(route)],
      /: the ipv4 route to 10\.8\.0\.0\/16 via 10\.0\.1\.1 on wifi in table 77, /,
    ],
    ['a rule', [rule, started, gone(rule)], /: the ipv4 rule 100 for table 77, /],
    [
      'what a step put there',
      [started, step(1), address, step(0), gone(address)],
      /: the address 10\.0\.1\.7/,
    ],
    ['a step elsewhere', [address, started, step(3), gone(address)], /: the address 10\.0\.1\.7/],
  ];
  for (const [what, timeline, sentence] of told) {
    const sentences = rewrittenOf(plan(), timeline);
    t.match(sentences, [sentence], what);
    t.match(sentences, [/^networkd took away what the lab relies on/]);
    t.equal(sentences.length, 1);
  }
});

t.test('what the lab takes away itself, what comes back, and what nobody stated, is not', (t) => {
  const learned: NetlinkEvent = { ...address, flags: [] };
  const advertised: NetlinkEvent = { ...route, protocol: 'ra' };
  const quiet: [what: string, timeline: TimelineEvent[]][] = [
    ['a step takes it away', [address, started, step(1), gone(address)]],
    ['it comes back', [address, started, gone(address), back(address)]],
    ['its link is unplugged', [address, route, started, step(2), gone(address), gone(route)]],
    ['a leased address ends', [learned, started, gone(learned)]],
    ['an advertised route ends', [advertised, started, gone(advertised)]],
    ['the stack takes away its own', [started, step(0), address, gone(address)]],
    ['another node', [address, started, { ...gone(address), node: 'router' }]],
  ];
  for (const [what, timeline] of quiet) t.same(rewrittenOf(plan(), timeline), [], what);
  t.end();
});

t.test('name servers that the lab states, and others in their place', (t) => {
  const found = (text: string): TimelineEvent => ({ at: 900, kind: 'resolver', node: 'host', text });
  const stated = plan('nameserver 10.9.0.53\n');
  t.same(rewrittenOf(stated, [found('# another hand\nnameserver 10.9.0.53\n')]), []);
  t.same(rewrittenOf(plan('# none stated\n'), [found('nameserver 10.0.1.1\n')]), []);
  t.match(rewrittenOf(stated, [found('nameserver 10.0.1.1\nnameserver 10.0.1.2\n')]), [
    /^networkd wrote \/etc\/resolv\.conf anew, which the lab states: name servers 10\.0\.1\.1, 10\.0\.1\.2 in place of 10\.9\.0\.53$/,
  ]);
  t.match(rewrittenOf(stated, [found('')]), [/: name servers none in place of 10\.9\.0\.53$/]);
  t.end();
});

const OFFICE = `
networks: { office: { ipv4: 10.0.1.0/24 } }
nodes:
  gateway: { router: [office], dhcpv4: { office: { dns: [10.0.1.1] } } }
`;

t.test('real stacks that do it', async (t) => {
  const finds = async (stack: string, host: string, steps: string) => {
    const [plan] = planLabs(
      `${OFFICE}  host: { under-test: [office], ${host} }\nexperiment: [${steps}]\n`,
      stack,
    );
    const { timeline, failure } = await runPlan(plan!);
    return { findings: [...rewrittenOf(plan!, timeline), ...silentStack(plan!, timeline)], failure };
  };
  const settle = '{ plug-in: [office] }, { settle: true }';
  const stated = 'resolver: { servers: [10.9.0.53] }';
  const resolver = (stack: string) =>
    `${stack} wrote /etc/resolv.conf anew, which the lab states: name servers 10.0.1.1 in place of 10.9.0.53`;
  for (const stack of ['dhcpcd', 'dhclient'])
    t.same(await finds(stack, stated, settle), { findings: [resolver(stack)], failure: undefined });

  const flushed = await finds('udhcpc', 'addresses: { office: [10.0.7.7/24] }', settle);
  t.match(flushed.findings, [
    /^udhcpc took away what the lab relies on: the address 10\.0\.7\.7\/24 on office/,
  ]);
  t.match(flushed.failure, { kind: 'evidence', message: /no address 10\.0\.7\.7/ });

  const hung = await finds(
    'dhcpcd',
    'daemons: {}',
    '{ run: { host: [sh, -c, "kill -STOP $(pidof dhcpcd)"] } }, { plug-in: [office] }, { settle: { default-routers: [gateway], within: 2s } }',
  );
  t.match(hung.failure, { kind: 'evidence', message: /no default route through gateway/ });
  t.match(hung.findings, [/^host\.dhcpcd \(dhcpcd\) has said nothing since the step before: it may hang$/]);
});
