/** The host under test alone in a real guest. Skipped, saying so, where the machine lacks the kernel, or what makes the program in it. */
import t from 'tap';
import { decide } from '../../src/decision/decide.ts';
import { type HostKernelOptions, openHostKernel } from '../../src/guests/host-kernel.ts';
import type { KernelImage } from '../../src/guests/kernel-image.ts';
import { findKernel } from '../../src/guests/kernel-names.ts';
import { readLabFile } from '../../src/lab/files.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Kernel } from '../../src/suite/kernel.ts';
import { measure } from '../../src/testbed/measure.ts';
import { stableDecision } from '../../src/verdict/stable.ts';
import { planLabs } from '../support/run-lab.ts';

t.setTimeout(20 * 60_000);

const ONE_NETWORK = `
networks: { office: { ipv4: 10.0.1.0/24, ipv6: 2001:db8:a::/64 } }
nodes:
  gateway: { router: [office, internet], ra: { office: {} } }
  server:  { server: [internet], ipv4: 198.51.100.1, ipv6: 2001:db8:ff::1 }
  host:
    under-test: [office]
    addresses: { office: [10.0.1.10/24] }
    routes: [{ to: default, via: 10.0.1.1 }]
    rules: [{ mark: 7, table: 100, family: ipv4 }, { uid: 1000, table: 100, family: ipv4 }]
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
      page: { fetch: "http://server/" }
      name: { command: { run: [cat, /etc/hostname] } }
  - ip: { host: ["route add blackhole default table 100"] }
  - probe:
      marked: { udp: { to: server, family: ipv4, mark: 7 } }
      users:  { udp: { to: server, family: ipv4, user: 1000 } }
  - sysctl: { host: { net.ipv6.conf.office.hop_limit: 33 } }
  - run: { host: [sh, -c, "test $(cat /proc/sys/net/ipv6/conf/office/hop_limit) = 33"] }
  - unplug: [office]
  - probe: { left: { udp: { to: server, family: ipv6 } } }
`;

const TWO_NETWORKS = `
networks: { wifi: { ipv6: 2001:db8:a::/64 }, lte: { ipv6: 2001:db8:b::/64 } }
nodes:
  wifi-router: { router: [wifi, internet], ra: { wifi: { preference: low } } }
  lte-router:  { router: [lte, internet], ra: { lte: { preference: high } } }
  server:      { server: [internet], ipv6: 2001:db8:ff::1 }
  host:        { under-test: [wifi, lte] }
experiment:
  - plug-in: [wifi, lte]
  - settle: { default-routers: [wifi-router, lte-router] }
  - probe: { preferred: { udp: server } }
  - unplug: [lte]
  - probe: { other: { udp: server } }
  - plug-in: [lte]
  - settle: { default-routers: [wifi-router, lte-router] }
  - probe: { again: { udp: server } }
`;

const LABS = [
  'default-router/preference-across-links',
  'default-router/lifetime-zero',
  'source-address/longest-match',
  'source-address/temporary',
  'source-address/deprecated-avoided',
  'egress/rule-by-mark',
  'egress/rule-by-user',
  'first-hop/route-information',
  'first-hop/redirect-followed',
  'host-model/weak-receive',
  'host-model/reverse-path',
  'destination-address/ipv6-first',
];

const planOf = async (name: string): Promise<Plan> => {
  const { lab } = await readLabFile(`labs/${name}.yaml`);
  return makePlan(lab!.lab, { lab: name, variant: '', stack: 'kernel', timers: 'fast' });
};

const reasonOf = async <T>(get: () => Promise<T>): Promise<T | string> =>
  get().catch((error: Error) => error.message);

const image = await reasonOf(() => findKernel('debian-uml'));
const open = (options?: HostKernelOptions) => openHostKernel(image as KernelImage, options);
const kernel = typeof image === 'string' ? image : await reasonOf(() => open());
const skip = typeof kernel === 'string' && kernel;

const measured = async (plan: Plan, on = kernel as Kernel) => {
  const planned = on.planned!(plan);
  const measurement = await on.measure(planned, {});
  const decisions = decide(planned, measurement.timeline);
  return { ...measurement, decisions: Object.fromEntries(decisions.map((one) => [one.probe, one])) };
};

t.test(
  'one network: every kind of question to a kernel in a guest, and changes of it',
  { skip },
  async (t) => {
    const { failure, decisions, timeline } = await measured(planLabs(ONE_NETWORK)[0]!);
    t.equal(failure, undefined);
    t.match(decisions.four, { router: 'gateway', source: '10.0.1.10', answered: true });
    for (const probe of ['six', 'echo', 'web', 'more', 'page'])
      t.match(decisions[probe], { router: 'gateway', source: /^2001:db8:a:/, answered: true }, probe);
    t.match(decisions.in, { answered: true });
    const answers = timeline.flatMap((event) =>
      event.kind === 'probe' && event.what === 'answer' ? [[event.probe, event.answer] as const] : [],
    );
    const { marked, users, name, left, four } = Object.fromEntries(answers);
    t.match(four, { route: { interface: 'office', via: '10.0.1.1', source: '10.0.1.10' } });
    t.match(name, { output: 'host\n' }, 'the files of the host in the lab');
    t.match(
      [marked, users],
      [{ error: 'EINVAL' }, { error: 'EINVAL' }],
      'a blackhole for a mark, and for a user',
    );
    t.equal(decisions.left?.sent, false, 'the guest has no carrier any more');
    t.ok(left);
  },
);

t.test(
  'two networks: preference, and the loss of carrier and its return, as on this machine',
  { skip },
  async (t) => {
    const plan = planLabs(TWO_NETWORKS)[0]!;
    const { failure, decisions, timeline } = await measured(plan);
    t.equal(failure, undefined);
    t.match(decisions, {
      preferred: { router: 'lte-router', link: 'lte', source: /^2001:db8:b:/ },
      // The route stays with its link: Linux does not take the other one while net.ipv6 ignores no link that is down.
      other: { sent: false, link: 'lte' },
      again: { sent: true },
    });
    const here = await measure(plan, {});
    // The third depends on how soon the router of the link that came back is reachable.
    t.same(
      [decisions.preferred!, decisions.other!].map(stableDecision),
      decide(plan, here.timeline).slice(0, 2).map(stableDecision),
    );
    const carrier = timeline.flatMap((event) =>
      event.kind === 'netlink' && event.object === 'link' && event.interface === 'lte' ? [event.carrier] : [],
    );
    const changes = carrier.filter((one, index) => one !== carrier[index - 1]);
    t.same(changes, [false, true, false, true], 'the kernel in the guest tells of it');
  },
);

t.test('labs decide with the host in a guest as on this machine', { skip }, async (t) => {
  const { name, release, how } = kernel as Kernel;
  t.match(
    { name, release, how },
    {
      name: 'debian-uml (host alone)',
      release: /^6\.1\./,
      how: 'the host alone in User-mode Linux',
    },
  );
  const { unsupported } = (kernel as Kernel).planned!(await planOf('egress/mark-after-source'));
  t.equal(unsupported, 'debian-uml has no nftables', 'found out by the first boot');
  for (const lab of LABS) {
    const plan = await planOf(lab);
    const [here, there] = [await measure(plan, {}), await measured(plan)];
    t.equal(there.failure, undefined, lab);
    const decided = decide(plan, here.timeline).map(stableDecision);
    t.same(Object.values(there.decisions).map(stableDecision), decided, lab);
  }
});

t.test('a panic in the middle is told with its line, and the console is kept', { skip }, async (t) => {
  // The sixth order is the question; the first boot has four.
  const dying = await open({
    atBoot: '( while [ ! -e /run/miflab-guest/order-6 ]; do :; done; echo c > /proc/sysrq-trigger ) &\n',
  });
  const { failure, console, timeline } = await measured(await planOf(LABS[0]!), dying);
  t.match(failure, {
    kind: 'evidence',
    message: /^the guest debian-uml died: Kernel panic - not syncing: sysrq/,
  });
  t.match(console, /sysrq/);
  t.ok(
    timeline.some((event) => event.kind === 'packet' && event.node === 'host'),
    'what was seen before is there',
  );
});

t.test('a guest that hangs in the middle makes the lab inconclusive', { skip }, async (t) => {
  // What is asked in the guest is the parent of what it runs.
  const stop = `${TWO_NETWORKS}  - run: { host: [sh, -c, "kill -STOP $PPID"] }\n`;
  const { failure } = await measured(planLabs(stop)[0]!);
  t.match(failure, { kind: 'evidence', message: /^host\.kernel did not answer the order 'run'/ });
});

t.test('a kernel that does not come up is said not to', { skip }, async (t) => {
  await t.rejects(open({ atBoot: 'echo c > /proc/sysrq-trigger\n' }), {
    message: /^debian-uml does not come up as a host: the guest debian-uml died: Kernel panic/,
  });
  await t.rejects(open({ atBoot: 'while :; do :; done\n', bootMs: 5000 }), {
    message: /does not come up as a host: .*not ready within 5000 ms/,
  });
});

const emulated = await reasonOf(() => findKernel('debian:bullseye'));
t.test(
  'a kernel on which no whole lab runs has a host',
  { skip: typeof emulated === 'string' ? emulated : skip },
  async (t) => {
    const old = await openHostKernel(emulated as KernelImage);
    t.match(old, { release: /^5\.10\./, how: /^the host alone in QEMU/ });
    const { failure, decisions } = await measured(await planOf(LABS[0]!), old);
    t.equal(failure, undefined);
    t.match(decisions.web, { router: 'lte-router', link: 'lte', answered: true });
  },
);
