/** Hosts whose IP stack is a program: on one network and on two, what it tells, and what it is not asked; skipped where it cannot be made. */
import t from 'tap';
import type { TimelineEvent } from '../../src/evidence/timeline.ts';
import type { PlannedStep } from '../../src/plan/plan.ts';
import { thisMachine } from '../../src/suite/machine.ts';
import { missingOn } from '../../src/suite/needs.ts';
import { type LabRun, planLabs, runPlan } from '../support/run-lab.ts';

const ONE_NETWORK = `
networks: { office: { ipv4: 10.0.1.0/24, ipv6: 2001:db8:a::/64 } }
nodes:
  gateway: { router: [office, internet], ra: { office: {} } }
  server:  { server: [internet], ipv4: 198.51.100.1, ipv6: 2001:db8:ff::1 }
  host:
    under-test: [office]
    addresses: { office: [10.0.1.10/24] }
    routes: [{ to: default, via: 10.0.1.1 }]
experiment:
  - plug-in: [office]
  - settle: true
  - probe:
      four: { udp: { to: server, family: ipv4 } }
      six:  { udp: { to: server, family: ipv6, size: 1000, keep-open: true } }
      echo: { ping: { to: server, family: ipv6 } }
      web:  { tcp: { to: server, family: ipv6 } }
      more: { again: six }
      in:   { inbound: { kind: udp, from: server, to: office, family: ipv6 } }
`;

const TWO_NETWORKS = `
networks: { wifi: { ipv6: 2001:db8:a::/64 }, lte: { ipv6: 2001:db8:b::/64 } }
nodes:
  wifi-router: { router: [wifi, internet], ra: { wifi: {} } }
  lte-router:  { router: [lte, internet], ra: { lte: {} } }
  server:      { server: [internet], ipv6: 2001:db8:ff::1 }
  host:        { under-test: [wifi, lte] }
experiment:
  - plug-in: [wifi, lte]
  - settle: true
  - probe:
      bound: { udp: { to: server, bind-link: lte } }
      from-wifi: { udp: { to: server, bind-address: wifi } }
      from-lte:  { udp: { to: server, bind-address: lte } }
  - unplug: [wifi]
  - probe: { left: { udp: { to: server, bind-link: lte } } }
`;

const STATIC = `
networks:
  wifi: { ipv4: 10.0.1.0/24, ipv6: 2001:db8:a::/64 }
  lte:  { ipv4: 10.0.2.0/24, ipv6: 2001:db8:b::/64 }
nodes:
  wifi-router: { router: [wifi, internet], ra: { wifi: {} } }
  lte-router:  { router: [lte, internet] }
  server:      { server: [internet], ipv4: 198.51.100.1, ipv6: 2001:db8:ff::1 }
  host:
    under-test: [wifi, lte]
    addresses: { wifi: [10.0.1.10/24, "2001:db8:a::10/64"], lte: [10.0.2.10/24, "2001:db8:b::10/64"] }
    routes: [{ to: default, via: 10.0.1.1 }, { to: default, via: wifi-router, family: ipv6 }]
experiment:
  - plug-in: [wifi, lte]
  - settle: true
  - probe:
      four: { udp: { to: server, family: ipv4 } }
      six:  { udp: { to: server, size: 1000, keep-open: true } }
      echo: { ping: { to: server, family: ipv4 } }
      echo-six: { ping: { to: server } }
      web:  { tcp: { to: server } }
      more: { again: six }
      page: { fetch: "http://server/" }
      asked: { inbound: { kind: udp, from: server, to: wifi, family: ipv4 } }
      connected: { inbound: { kind: tcp, from: server, to: wifi, family: ipv6 } }
      near: { udp: { to: lte-router, family: ipv4 } }
      wrong: { udp: { to: server, bind-address: lte } }
      none: { command: { run: [does-not-exist] } }
      addresses: { command: { run: [ip, "-6", addr] } }
`;

const lackOf = async (stack: string): Promise<string | false> => {
  const missing = await missingOn(thisMachine, planLabs(STATIC, stack)[0]!.needs);
  return missing.length > 0 && missing.map(({ message }) => message).join('; ');
};

const answersOf = (timeline: TimelineEvent[], probe: string) =>
  timeline.flatMap((event) =>
    event.kind === 'probe' && event.probe === probe && event.what === 'answer' ? [event.answer] : [],
  );

const measured = async (lab: string, stack: string): Promise<LabRun> => runPlan(planLabs(lab, stack)[0]!);

t.jobs = 5;
const withoutLwip = await lackOf('lwip');
const withoutGvisor = await lackOf('gvisor');

t.test(
  'lwip on one network: every kind of question, and an answer of its own',
  { skip: withoutLwip, buffered: true },
  async (t) => {
    const { decisions, timeline, failure } = await measured(ONE_NETWORK, 'lwip');
    t.equal(failure, undefined);
    for (const probe of ['six', 'echo', 'web', 'more'])
      t.match(
        decisions[probe],
        { router: 'gateway', link: 'office', source: /^2001:db8:a:/, answered: true },
        probe,
      );
    t.match(decisions.four, { router: 'gateway', source: '10.0.1.10', answered: true });
    t.match(decisions.in, { answered: true });
    t.match(answersOf(timeline, 'web'), [{ socketAddress: /^2001:db8:a:/, error: undefined }]);
    t.match(
      timeline.find((event) => event.kind === 'stack'),
      { version: /^lwIP \d/ },
    );
    t.ok(
      timeline.some(
        (event) =>
          event.kind === 'netlink' &&
          event.object === 'route' &&
          event.destination === 'default' &&
          event.family === 'ipv6',
      ),
      'it tells its routers',
    );
    const kernelSpoke = timeline.filter(
      (event) => event.kind === 'netlink' && event.node === 'host' && event.object === 'neighbour',
    );
    t.same(kernelSpoke, [], 'nothing is told of the kernel below but its links');
  },
);

t.test(
  'lwip on two networks: bound to a link, to an address, and with a link less',
  { skip: withoutLwip, buffered: true },
  async (t) => {
    const { decisions, timeline, failure } = await measured(TWO_NETWORKS, 'lwip');
    t.equal(failure, undefined);
    t.match(decisions.bound, { router: 'lte-router', link: 'lte', answered: true });
    const refused = ['wifi', 'lte'].filter((link) => !decisions[`from-${link}`]!.sent);
    t.equal(refused.length, 1, 'an address of the link that it would not send over is refused');
    t.match(answersOf(timeline, `from-${refused[0]}`), [{ error: 'EHOSTUNREACH' }]);
    t.match(decisions.left, { router: 'lte-router', answered: true });
  },
);

t.test(
  'gvisor on two networks: every kind of question, clients within, and no word from the kernel below',
  { skip: withoutGvisor, buffered: true },
  async (t) => {
    const { decisions, timeline, failure } = await measured(STATIC, 'gvisor');
    t.equal(failure, undefined);
    for (const probe of ['six', 'echo-six', 'web', 'more', 'page'])
      t.match(
        decisions[probe],
        { router: 'wifi-router', link: 'wifi', source: '2001:db8:a::10', answered: true },
        probe,
      );
    for (const probe of ['four', 'echo'])
      t.match(decisions[probe], { router: 'wifi-router', source: '10.0.1.10', answered: true }, probe);
    for (const probe of ['asked', 'connected']) t.match(decisions[probe], { answered: true }, probe);
    t.match(decisions.near, { link: 'lte', router: 'on-link', source: '10.0.2.10', answered: true });
    t.match(answersOf(timeline, 'page'), [{ output: 'server\n', client: /^curl / }]);
    t.match(answersOf(timeline, 'wrong'), [{ socketAddress: '2001:db8:b::10', error: 'EHOSTUNREACH' }]);
    t.match(answersOf(timeline, 'none'), [{ error: 'exit 127' }]);
    const [{ output = '' }] = answersOf(timeline, 'addresses') as [{ output?: string }];
    t.match(output, /2001:db8:a::10/, 'a program sees the addresses of the stack');
    t.notMatch(output, /2001:db8:a::ff:/, 'and none that was made of an advertisement');
    const spoken = timeline.flatMap((event) =>
      event.kind === 'packet' && event.node === 'host' ? [Buffer.from(event.data, 'base64')] : [],
    );
    const isListenerReport = (frame: Buffer) => frame.readUInt16BE(12) === 0x86dd && frame[20] === 0;
    t.notOk(spoken.some(isListenerReport), 'a kernel would have reported its groups');
    t.match(
      timeline.find((event) => event.kind === 'stack'),
      { version: /^runsc version / },
    );
  },
);

for (const [stack, lab, program, skip] of [
  ['lwip', ONE_NETWORK, 'lwip', withoutLwip],
  ['gvisor', STATIC, 'runsc', withoutGvisor],
] as const)
  t.test(
    `${stack} that is killed in the middle is a daemon that died, with its last words`,
    { skip, buffered: true },
    async (t) => {
      const [plan] = planLabs(lab, stack);
      const probe = plan!.steps.findIndex(({ kind }) => kind === 'probe');
      const kill = ['/bin/sh', '-c', 'kill -9 $(grep -lx "$0" /proc/[0-9]*/comm | cut -d/ -f3)', program];
      const node = plan!.nodes.find(({ role }) => role === 'router')!.name;
      plan!.steps.splice(probe, 0, { kind: 'run', title: 'kill it', node, command: kill });
      const { failure } = await runPlan(plan!);
      t.match(failure, {
        kind: 'daemon',
        daemon: `host.${stack}`,
        message: /killed by SIGKILL|exit code 137/,
      });
      t.ok(failure?.kind === 'daemon' && failure.lastOutput.length > 0);
    },
  );

/** A stack that brings its link up, has addresses and notices carrier, and answers no question. */
const DEAF = `
ip link set office up
echo '{"ready":"deaf 1"}'
for address in 10.0.1.10 2001:db8:a::10; do
  echo '{"told":{"kind":"netlink","what":"new","object":"address","interface":"office","address":"'$address'","prefixLength":64,"flags":[],"scope":"global","preferredLifetime":null,"validLifetime":null}}'
done
while read -r line; do
  case $line in *'"link"'*) id=\${line#*:}; echo '{"id":'\${id%%,*}',"answer":{}}'; echo 'no JSON' ;; esac
done
`;

t.test(
  'a stack that does not answer makes the lab inconclusive, by the order that it left',
  { skip: withoutLwip, buffered: true },
  async (t) => {
    const lab = ONE_NETWORK.replace('settle: true', 'wait: { address: [10.0.1.10] }');
    const [plan] = planLabs(lab, 'lwip');
    plan!.daemons.find(({ id }) => id === 'host.lwip')!.command = ['/bin/sh', '-c', DEAF];
    const { failure } = await runPlan(plan!);
    t.match(failure, { kind: 'evidence', message: "host.lwip did not answer the order 'ask'" });
  },
);

t.test(
  'one that the lab kills leaves a host without a stack, and started again it begins anew',
  { skip: withoutLwip, buffered: true },
  async (t) => {
    const [plan] = planLabs(
      ONE_NETWORK.replace(
        /- probe:[\s\S]*/,
        '- probe: { gone: { udp: server } }\n  - settle: true\n  - probe: { back: { udp: server } }\n',
      ),
      'lwip',
    );
    const told = (action: 'kill' | 'start'): PlannedStep => ({
      kind: 'daemon',
      title: action,
      action,
      daemon: 'host.lwip',
    });
    const probe = plan!.steps.findIndex(({ kind }) => kind === 'probe');
    plan!.steps.splice(probe, 1, told('kill'), plan!.steps[probe]!, told('start'));
    const { decisions, timeline, failure } = await runPlan(plan!);
    t.equal(failure, undefined);
    t.match(answersOf(timeline, 'gone'), [{ error: 'no stack runs on the host' }]);
    t.match(decisions.gone, { sent: false });
    t.match(decisions.back, { answered: true });
  },
);

t.test('what a stack cannot do is said before anything is built', async (t) => {
  const refusal = (change: (lab: string) => string, stack = 'lwip') =>
    planLabs(change(ONE_NETWORK), stack)[0]!.unsupported;
  const asking = (probe: string) => (lab: string) =>
    lab.replace(/- probe:[\s\S]*/, `- probe: { one: ${probe} }\n`);
  const stating = (field: string) => (lab: string) =>
    lab.replace('under-test: [office]', `under-test: [office]\n    ${field}`);
  const doing = (step: string) => (lab: string) =>
    lab.replace('- settle: true', `- settle: true\n  - ${step}`);
  for (const [change, reason] of [
    [asking('{ udp: { to: server, mark: 7 } }'), 'the probe one asks with a mark, which lwip does not have'],
    [
      asking('{ resolve: www.example }'),
      'the probe one is asked by a program, and lwip has no sockets for programs',
    ],
    [
      stating('sysctls: { net.ipv4.ip_forward: 1 }'),
      'the lab states sysctls of the host, which only a Linux kernel takes',
    ],
    [stating('image: trixie'), "lwip runs from the machine's own files, not in the user land trixie"],
    [
      stating('daemons: { own: { command: [cat] } }'),
      'the lab starts host.own, which works on the kernel of its host and not on lwip',
    ],
    [
      doing('ip: { host: [route show] }'),
      'the lab changes the kernel of the host (ip on host), and its stack is lwip',
    ],
    [
      doing('wait: { temporary: [office] }'),
      'the lab waits for temporary addresses of the host, of which lwip tells nothing',
    ],
    [
      (lab: string) => lab.replace('via: 10.0.1.1', 'via: "fe80::1", link: office'),
      'the lab states a route of the host, and lwip can be given none but an IPv4 gateway for each link',
    ],
    [
      (lab: string) => lab.replace('[10.0.1.10/24]', '[10.0.1.10/24, 10.0.1.11/24]'),
      'the lab states more addresses on office than lwip has room for: one of IPv4, five of IPv6',
    ],
    [(lab: string) => lab, undefined],
  ] as const)
    t.equal(refusal(change), reason);
  const refusalOfGvisor = (change: (lab: string) => string) =>
    planLabs(change(STATIC), 'gvisor')[0]!.unsupported;
  for (const [change, reason] of [
    [(lab) => lab, undefined],
    [
      (lab) => lab.replace('routes: [', 'routes: [{ to: default, via: 10.0.2.1 }, '),
      'the lab states two default routes of the host, and runsc takes over one of each family',
    ],
    [
      (lab) => lab.replace('via: 10.0.1.1', 'via: 10.0.1.1, metric: 7'),
      'the lab states a route of the host by more than its destination and next hop, which runsc does not take over',
    ],
    [
      (lab) => lab.replace(/addresses: .*/, 'addresses: { lte: [10.0.2.10/24] }'),
      'the gvisor stack takes no router advertisements, and the host has IPv6 on wifi by nothing else',
    ],
    [
      (lab) => lab.replace('settle: true', 'settle: { default-routers: [lte-router] }'),
      'the lab waits for the route through lte-router, which it does not state of the host',
    ],
  ] as [(lab: string) => string, string | undefined][])
    t.equal(refusalOfGvisor(change), reason);
  t.equal(
    refusal((lab) => lab, 'lwip@trixie'),
    "lwip runs from the machine's own files, not in the user land trixie",
  );
});

t.test('names are resolved by the C library of the programs that a stack runs, or by nobody', async (t) => {
  const resolverOf = (stack: string) => planLabs(ONE_NETWORK, stack)[0]!.host.resolver;
  t.same(['lwip', 'gvisor', 'kernel'].map(resolverOf), ['none', 'glibc', 'glibc']);
});

t.test('what a stack is made of is looked for, and named with the command that gets it', async (t) => {
  const { needs } = planLabs(ONE_NETWORK, 'lwip')[0]!;
  const machine = { ...thisMachine, hasHeader: () => false, hasProgram: () => true };
  const missing = await missingOn(machine, needs);
  t.match(missing, [
    {
      message: 'the header file lwip/lwip/init.h is missing (package liblwip-dev): needed by stack lwip',
      remedy: 'apt-get install liblwip-dev',
      ofStack: true,
    },
    { name: 'jansson.h', remedy: 'apt-get install libjansson-dev' },
  ]);
});
