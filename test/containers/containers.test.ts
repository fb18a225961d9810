/** Hosts in containers, with an engine that has the images of `make containers`; skipped where none answers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type Docker from 'dockerode';
import t from 'tap';
import { lackingContainer, openEngine, removeOrphans } from '../../src/containers/engine.ts';
import { isGone, OWNER_LABEL, ownOwner, RUN_LABEL } from '../../src/containers/owner.ts';
import { measure } from '../../src/testbed/measure.ts';
import { planLabs, runLab } from '../support/run-lab.ts';

t.setTimeout(600_000);
process.env.MIFLAB_CONTAINERS = 'allow';

const lacking = async (image: string): Promise<string | false> => {
  const { reason, remedy } = (await lackingContainer(image)) ?? {};
  return reason === undefined ? false : `${reason}: ${remedy}; make containers`;
};
const skip = await lacking('miflab:trixie');
const skipInit = skip || (await lacking('miflab:networkd'));

const NETWORKS = `networks:
  wifi: { ipv6: 2001:db8:a::/64 }
  lte:  { ipv6: 2001:db8:b::/64 }
`;
const nodes = (container: string) => `nodes:
  wifi-router: { router: [wifi, internet], ra: { wifi: {} } }
  lte-router:  { router: [lte, internet] }
  server:      { server: [internet], ipv6: 2001:db8:ff::1 }
  host:        { under-test: [wifi, lte], container: ${container} }
`;
/** It waits for a router that never comes. */
const WAITS = `${NETWORKS}${nodes('"miflab:trixie"')}experiment:
  - plug-in: [wifi]
  - settle: { default-routers: [wifi-router] }
  - wait: { default-routers: [lte-router], within: 1h }
  - probe: { web: { udp: server } }
`;

const ofMiflab = (engine: Docker) => engine.listContainers({ all: true, filters: { label: [OWNER_LABEL] } });

t.test('no lab has a container where nobody allowed it', async (t) => {
  delete process.env.MIFLAB_CONTAINERS;
  const { reason } = (await lackingContainer('debian'))!;
  process.env.MIFLAB_CONTAINERS = 'allow';
  t.match(reason, process.getuid!() === 0 ? 'containers are not allowed' : 'belongs to root');
});

t.test('an owner is a process: another one with its number is not it', async (t) => {
  const owner = ownOwner();
  t.equal(isGone(owner), false);
  const [pid, start, boot, namespace] = owner.split(' ');
  t.equal(isGone([pid, Number(start) + 1, boot, namespace].join(' ')), true, 'started later');
  t.equal(isGone([pid, start, 'another', namespace].join(' ')), true, 'before the machine booted');
  t.equal(
    isGone([pid, start, boot, 'pid:[1]'].join(' ')),
    undefined,
    'in another pid namespace nobody knows',
  );
});

t.test('what a container cannot do is said before it is made', async (t) => {
  const planned = (container: string, steps: string, stack?: string) =>
    planLabs(`${NETWORKS}${nodes(container)}experiment:\n  - plug-in: [wifi]\n${steps}`, stack)[0]!;
  const probe = '  - probe: { web: { udp: server } }\n';
  t.equal(planned('"debian:trixie"', probe).unsupported, undefined);
  t.match(
    planned('"debian:trixie"', probe).needs.filter(({ kind }) => kind === 'container'),
    [{ name: 'debian:trixie', for: 'host' }],
  );
  t.match(
    planned('"debian:trixie"', probe, 'networkd@trixie').unsupported,
    /the stack there is networkd@container/,
  );
  t.match(
    planned('"debian:trixie"', probe, 'networkd@container').unsupported,
    /only an init may take it away/,
  );
  const init = '{ image: systemd, init: true }';
  t.equal(planned(init, probe, 'networkd@container').unsupported, undefined);
  t.same(
    planned(init, probe, 'networkd@container').daemons.filter(({ node }) => node === 'host'),
    [],
  );
  t.match(planned(init, probe, 'udhcpc@container').unsupported, /only its own init starts programs/);
  t.match(planned(init, '  - run: { host: [id] }\n').unsupported, /only its own init starts programs/);
  t.match(
    planLabs(
      `${NETWORKS}${nodes('"a"').replace(', container: "a"', '')}experiment:\n${probe}`,
      'kernel@container',
    )[0]!.unsupported,
    /no container/,
  );
});

t.test('without root or an engine the reason and the remedy are said', async (t) => {
  t.teardown(
    ((host) => () => {
      if (host === undefined) delete process.env.DOCKER_HOST;
      else process.env.DOCKER_HOST = host;
    })(process.env.DOCKER_HOST),
  );
  process.env.DOCKER_HOST = 'unix:///nowhere/engine.sock';
  t.match(
    await lackingContainer('debian'),
    process.getuid!() === 0
      ? { reason: /^no container engine answers/, remedy: 'apt-get install docker.io' }
      : { reason: /belongs to root/, remedy: 'run miflab as root' },
  );
});

t.test(
  'programs run in the files of the container, in its network, and their end is seen',
  { skip },
  async (t) => {
    const { timeline, decisions } = await runLab(`${NETWORKS}${nodes('"miflab:trixie"').replace(
      'container:',
      'resolver: { servers: [server] }, etc-hosts: { printer.example: 2001:db8:ff::1 }, container:',
    )}experiment:
  - plug-in: [wifi]
  - settle: { default-routers: [wifi-router] }
  - probe:
      web: { udp: server }
      says: { command: { run: [sh, -c, 'cat /etc/debian_version /etc/resolv.conf; ip -br link; exit 3'] } }
      name: { resolve: printer.example }
`);
    t.match(decisions.web, { router: 'wifi-router', link: 'wifi' });
    const answers = Object.fromEntries(
      timeline.flatMap((event) =>
        event.kind === 'probe' && event.what === 'answer' ? [[event.probe, event.answer]] : [],
      ),
    );
    t.match(answers.says, { error: 'exit 3', output: /^13\.\d+\nnameserver 2001:db8:ff::1\n.*wifi/s });
    t.match(answers.name, { output: /2001:db8:ff::1/ });
  },
);

t.test(
  'systemd as PID 1: its networkd has the links, and the decision is seen',
  { skip: skipInit },
  async (t) => {
    const { decisions, timeline } = await runLab(
      `${NETWORKS}${nodes('{ image: "miflab:networkd", init: true }')}experiment:
  - plug-in: [wifi]
  - settle: { default-routers: [wifi-router] }
  - probe: { web: { udp: server } }
`,
      'networkd@container',
    );
    t.match(decisions.web, { router: 'wifi-router', link: 'wifi' });
    t.match(
      timeline.find(({ kind }) => kind === 'stack'),
      { version: /^systemd \d/ },
    );
  },
);

t.test('a container that is killed is a daemon that died', { skip }, async (t) => {
  const engine = await openEngine();
  const { failure } = await measure(planLabs(WAITS)[0]!, {
    onEvent: (event) => {
      if (event.kind === 'step' && /^wait/.test(event.title)) void killHost();
    },
  });
  async function killHost() {
    const containers = await ofMiflab(engine);
    const host = containers.find(({ HostConfig }) => HostConfig.NetworkMode.startsWith('container:'))!;
    await engine.getContainer(host.Id).kill();
  }
  t.match(failure, { kind: 'daemon', daemon: 'host.container', message: /ended: exit code 137/ });
  t.same(await ofMiflab(engine), []);
});

t.test('SIGKILL of the orchestrator, at whatever moment, leaves no container', { skip }, async (t) => {
  const engine = await openEngine();
  const events = await engine.getEvents({ filters: { type: ['container'], label: [OWNER_LABEL] } });
  const seen: Record<string, string> = {};
  const reached = { create: 0, start: 0 };
  let onEvent = () => {};
  createInterface({ input: events as NodeJS.ReadableStream }).on('line', (line) => {
    const { Action, id } = JSON.parse(line) as { Action: string; id: string };
    seen[id] = Action;
    if (Action === 'create' || Action === 'start') reached[Action]++;
    onEvent();
  });
  const until = (isSo: () => boolean) =>
    new Promise<void>((resolve) => {
      onEvent = () => isSo() && resolve();
      onEvent();
    });
  for (const [moment, isReached] of [
    ['the first container is made', () => reached.create === 1],
    ['the first one starts', () => reached.start === 1],
    ['the second one is made', () => reached.create === 2],
    ['both run', () => reached.start === 2],
  ] as const) {
    Object.assign(reached, { create: 0, start: 0 });
    const orchestrator = spawn('node', ['dist/miflab.js', 'up', 'test/fixtures/containers/kernel.yaml'], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    await until(isReached);
    orchestrator.kill('SIGKILL');
    await once(orchestrator, 'exit');
    await until(() => Object.values(seen).every((action) => action === 'destroy'));
    t.pass(moment);
  }
  (events as unknown as { destroy(): void }).destroy();
  t.same(await ofMiflab(engine), []);
});

t.test(
  'a container whose owner has gone is removed by the next one who needs any, others are left',
  { skip },
  async (t) => {
    const engine = await openEngine();
    const make = (owner: string) =>
      engine.createContainer({
        Image: 'miflab:trixie',
        Labels: { [OWNER_LABEL]: owner, [RUN_LABEL]: 'test' },
      });
    const [pid, , boot, namespace] = ownOwner().split(' ');
    const orphan = await make([pid, 1, boot, namespace].join(' '));
    const owned = await make(ownOwner());
    await removeOrphans(engine);
    const left = (await ofMiflab(engine)).map(({ Id }) => Id);
    t.notOk(left.includes(orphan.id));
    t.ok(left.includes(owned.id));
    await owned.remove();
  },
);
