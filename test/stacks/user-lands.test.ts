/** Every stack that lives in a user land, on one network and on two, in a user land that is built; skipped where none is. */
import t from 'tap';
import { defaultImage } from '../../src/images/default-image.ts';
import { imageHasProgram, readImage } from '../../src/images/store.ts';
import { stacks } from '../../src/stacks/index.ts';
import { planLabs, runPlan } from '../support/run-lab.ts';

const image = defaultImage();
const skip = readImage(image) ? false : `the user land ${image} is not built: make images`;

const ONE_NETWORK = `
networks: { office: { ipv4: 10.0.1.0/24, ipv6: 2001:db8:a::/64 } }
nodes:
  gateway: { router: [office, internet], ra: { office: {} }, dhcpv4: { office: {} } }
  server:  { server: [internet], ipv4: 198.51.100.1, ipv6: 2001:db8:ff::1 }
  host:    { under-test: [office] }
experiment:
  - plug-in: [office]
  - settle: true
  - probe: { four: { udp: { to: server, family: ipv4 } }, six: { udp: { to: server, family: ipv6 } } }
`;

const TWO_NETWORKS = `
networks: { wifi: { ipv6: 2001:db8:a::/64 }, lte: { ipv6: 2001:db8:b::/64 } }
nodes:
  wifi-router: { router: [wifi, internet], ra: { wifi: {} } }
  lte-router:  { router: [lte, internet], ra: { lte: {} } }
  server:      { server: [internet], ipv6: 2001:db8:ff::1 }
  host:        { under-test: [wifi, lte] }
experiment:
  - plug-in: [wifi]
  - settle: true
  - plug-in: [lte]
  - settle: true
  - probe: { web: { udp: server } }
`;

for (const { name } of stacks.filter(({ needsUserLand }) => needsUserLand)) {
  t.test(`${name} takes up what one network offers, and what two do`, { skip }, async (t) => {
    const one = await runPlan(planLabs(ONE_NETWORK, `${name}@${image}`)[0]!);
    t.equal(one.failure, undefined);
    for (const probe of ['four', 'six']) {
      t.match(one.decisions[probe], { sent: true, router: 'gateway', link: 'office', answered: true }, probe);
    }
    const version = one.timeline.find((event) => event.kind === 'stack');
    t.match(version, { version: /\d/ }, 'it says its version');
    const two = await runPlan(planLabs(TWO_NETWORKS, `${name}@${image}`)[0]!);
    t.equal(two.failure, undefined);
    t.match(two.decisions.web, { sent: true, answered: true });
    t.match(
      ['wifi', 'lte'],
      [two.decisions.web!.link].filter((link) => link === 'wifi' || link === 'lte'),
    );
  });
}

t.test('a host in a user land has its own files, processes and name', { skip }, async (t) => {
  const commands = {
    release: ['cat', '/etc/os-release'],
    name: ['hostname'],
    processes: ['/bin/sh', '-c', 'echo /proc/[0-9]*'],
    sys: ['/bin/sh', '-c', 'ls /sys/class/net; touch /sys/class/net/x'],
  };
  const probes = Object.entries(commands)
    .map(([name, run]) => `${name}: { command: { run: ${JSON.stringify(run)} } }`)
    .join(', ');
  const text = ONE_NETWORK.replace(/ {2}- settle[\s\S]*/, `  - probe: { ${probes} }\n`);
  const { timeline, failure } = await runPlan(planLabs(text, `kernel@${image}`)[0]!);
  t.equal(failure, undefined);
  const said = (probe: string): string =>
    timeline.flatMap((event) =>
      event.kind === 'probe' && event.probe === probe && event.what === 'answer'
        ? (event.answer.output ?? '')
        : [],
    )[0] ?? '';
  t.match(said('release'), `VERSION_CODENAME=${image}`);
  t.equal(said('name').trim(), 'host');
  t.ok(said('processes').split(' ').length < 10, 'it sees its own processes only');
  t.match(said('sys'), /lo\noffice/, 'and its own links');
  t.match(said('sys'), /Read-only file system/);
});

t.test(
  'image: gives hosts a user land whatever the stack; one behind @ stands over it',
  { skip },
  async (t) => {
    const hasConnman = ['/bin/sh', '-c', 'test -e /usr/sbin/connmand && echo there || echo missing'];
    const text = ONE_NETWORK.replace('under-test: [office]', `under-test: [office], image: ${image}`)
      .replace('nodes:', `nodes:\n  peer: { host: [office], image: ${image} }`)
      .replace(
        / {2}- settle[\s\S]*/,
        `  - run: { peer: [test, -e, /usr/sbin/connmand] }
  - probe: { own: { command: { run: ${JSON.stringify(hasConnman)} } } }
`,
      );
    const [plan] = planLabs(text, 'kernel');
    const { timeline, failure } = await runPlan(plan!);
    t.equal(failure, undefined);
    const answers = timeline.flatMap((event) =>
      event.kind === 'probe' && event.what === 'answer' ? [event.answer.output?.trim()] : [],
    );
    t.strictSame(answers, ['there'], 'a program that the machine need not have');
    const imagesOn = (stack: string) =>
      planLabs(text, stack)[0]!.nodes.flatMap(({ name, image }) => (image ? [`${name} ${image}`] : []));
    t.same(imagesOn('kernel@sid').toSorted(), ['host sid', `peer ${image}`]);
  },
);

t.test(
  'a stack that is killed in the middle is a daemon that died, with its last words',
  { skip },
  async (t) => {
    const text = ONE_NETWORK.replace(
      /( {2}- probe)/,
      '  - run: { host: [/bin/sh, -c, "kill -9 $(grep -l systemd-networkd /proc/[0-9]*/comm | cut -d/ -f3)"] }\n$1',
    ).replace('systemd-networkd', 'systemd-network');
    const { failure } = await runPlan(planLabs(text, `networkd@${image}`)[0]!);
    t.match(failure, { kind: 'daemon', daemon: 'host.networkd', message: /killed by SIGKILL/ });
    t.ok(failure?.kind === 'daemon' && failure.lastOutput.length > 0);
  },
);

t.test('a signal to a daemon of a user land reaches the daemon itself', { skip }, async (t) => {
  const script = 'trap "echo told; exit 7" TERM; echo up; while :; do sleep 0.1; done';
  const text = ONE_NETWORK.replace(
    'under-test: [office]',
    `under-test: [office], daemons: { own: { command: [/bin/sh, -c, '${script}'], ready: up } }`,
  ).replace(/ {2}- settle[\s\S]*/, '  - stop: [host.own]\n');
  const { failure, timeline } = await runPlan(planLabs(text, `kernel@${image}`)[0]!);
  t.equal(failure, undefined);
  t.match(
    timeline
      .filter((event) => event.kind === 'log' && event.daemon === 'host.own')
      .map((event) => 'text' in event && event.text),
    ['up', 'told'],
  );
  t.match(
    timeline.find((event) => event.kind === 'daemon' && event.what === 'exited'),
    { daemon: 'host.own', code: 7, expected: true },
  );
});

t.test('a program is looked for in the user land, not on the machine', { skip }, async (t) => {
  t.ok(imageHasProgram(image, 'connmand'));
  t.notOk(imageHasProgram(image, 'radvd'), 'which the machine has');
});
