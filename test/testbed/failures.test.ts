import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import type { SuiteResults } from '../../src/suite/results.ts';
import { type Caller, isRoot, thisUser } from '../support/users.ts';

t.setTimeout(600_000);

interface Fixture {
  /** Lines of the nodes, in place of the usual ones. */
  router?: string;
  host?: string;
  /** Whom the probe asks. */
  to?: string;
  /** Steps before the probe. */
  steps?: string[];
}

const labOf = (
  title: string,
  { router, host, to = '2001:db8:ff::1', steps = [] }: Fixture,
): string => `title: ${title}
topic: field
source: none
level: must
networks:
  wifi: { ipv4: 10.0.1.0/24, ipv6: 2001:db8:a::/64 }
  lte:  { ipv4: 10.0.2.0/24, ipv6: 2001:db8:b::/64 }
nodes:
  wifi-router: { router: [wifi, internet], ${router ?? 'ra: { wifi: {} }'} }
  lte-router:  { router: [lte, internet] }
  server:      { server: [internet], ipv6: 2001:db8:ff::1, ipv4: 192.0.2.1 }
  host:
    under-test: [wifi, lte]
${host ?? ''}
experiment:
  - plug-in: [wifi, lte]
  - settle: { default-routers: [wifi-router] }
${steps.map((step) => `  - ${step}`).join('\n')}
  - probe: { web: { udp: "${to}" } }
expect:
  web: { link: wifi }
`;

/** What of each lab is printed under its headline, with the exit code of them all. */
const run = async (
  caller: Caller,
  fixtures: Record<string, Fixture>,
  { program = ['node'], env = {} } = {},
): Promise<{ exitCode: number | undefined; said: Record<string, string>; printed: string }> => {
  const folder = join(caller.folder, 'labs', 'failures');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [name, fixture] of Object.entries(fixtures))
    writeFileSync(join(folder, `${name}.yaml`), labOf(name, fixture));
  const [file, ...args] = [...program, 'dist/miflab.js', 'run', folder, '-o', caller.output];
  const { exitCode, stdout, stderr } = await execa(file!, args, {
    ...caller.options,
    env: { ...caller.options.env, ...env },
  });
  const printed = `${stdout}\n${stderr}`;
  const said = Object.fromEntries(
    printed
      .split(/^(?=\S)/m)
      .map((part) => [/^\S .* {2}failures\/(\S+)/.exec(part)?.[1] ?? '', part] as const)
      .filter(([name]) => name),
  );
  return { exitCode, said, printed };
};

const resultsOf = (caller: Caller): SuiteResults =>
  JSON.parse(readFileSync(join(caller.output, 'last/results.json'), 'utf8'));

t.test('what breaks a lab makes it inconclusive, with the right sentence', async (t) => {
  const caller = await thisUser(t);
  const { exitCode, said, printed } = await run(caller, {
    'daemon-exits': { router: 'ra: { wifi: { text: "Nonsense 1;" } }' },
    // Whoever reads the new end of a terminal that nobody has the other end of waits for ever.
    'daemon-never-ready': { router: 'ra: { wifi: { daemon: dnsmasq, text: "conf-file=/dev/ptmx" } }' },
    'daemon-dies-in-wait': {
      steps: [
        'run: { wifi-router: [sh, -c, "(sleep 0.2; kill $(pidof radvd)) > /dev/null 2>&1 &"] }',
        'wait: { default-routers: [lte-router], within: 1h }',
      ],
    },
    'daemon-dies-in-probe': {
      steps: [
        'run: { wifi-router: [sh, -c, "(sleep 0.2; kill -9 $(pidof radvd)) > /dev/null 2>&1 &"] }',
        'probe: { long: { command: { run: [sleep, "50"] } } }',
      ],
    },
    // The probe is answered before the news of it.
    'daemon-dies-in-the-end': { steps: ['run: { wifi-router: [sh, -c, "kill -9 $(pidof radvd)"] }'] },
    'daemon-floods': {
      host: '    daemons: { talk: { command: [sh, -c, "sleep 0.2; yes nonsense"] } }',
      steps: ['wait: { default-routers: [lte-router], within: 1h }'],
    },
    'state-never-comes': { steps: ['wait: { default-routers: [lte-router], within: 200ms }'] },
    'two-ways-at-once': {
      host: `    nftables: |
      table netdev copies {
        chain out { type filter hook egress device wifi priority 0; ip6 daddr 2001:db8:ff::1 dup to lte; }
      }`,
    },
  });
  t.equal(exitCode, 3, printed);
  const sentences: Record<string, RegExp> = {
    'daemon-exits':
      /^ {4}wifi-router\.ra \(radvd\) ended: exit code 1\n {4}wifi-router\.ra \| .*\n {4}wifi-router\.ra \| \S+radvd\.conf:\d+ error: syntax error$/m,
    'daemon-never-ready':
      /^ {4}wifi-router\.ra \(dnsmasq\) was not ready within 60000 ms: no output matched \/started, version\/$/m,
    'daemon-dies-in-wait': /^ {4}wifi-router\.ra \(radvd\) ended: exit code 0\n {4}wifi-router\.ra \| /m,
    'daemon-dies-in-probe':
      /^ {4}wifi-router\.ra \(radvd\) ended: killed by SIGKILL\n {4}wifi-router\.ra \| /m,
    'daemon-dies-in-the-end':
      /^ {4}wifi-router\.ra \(radvd\) ended: killed by SIGKILL\n {4}wifi-router\.ra \| /m,
    'daemon-floods': /^ {4}host\.talk \(sh\) said more than 20000 lines\n {4}host\.talk \| nonsense$/m,
    'state-never-comes':
      /wait for default-routers: 200 ms after the step before, no default route through lte-router \(/m,
    'two-ways-at-once':
      /^ {4}web: the probe left by several ways: \S+ over lte from 2001:db8:a::\S+ \(packet \d+\), wifi-router over wifi from 2001:db8:a::\S+ \(packet \d+\): packets /m,
  };
  for (const [name, sentence] of Object.entries(sentences)) {
    t.match(said[name], /^\? inconclusive /, name);
    t.match(said[name], sentence);
  }
  const deaths = resultsOf(caller).runs.filter(({ lab }) => lab.includes('daemon-dies-in'));
  for (const { lab, attempts } of deaths)
    t.ok(attempts[0]!.result.timing.total < 40_000, `${lab} ends at once, not when its wait does`);
});

t.test('a daemon that the lab ends by a step is no fault', async (t) => {
  const { exitCode, printed } = await run(await thisUser(t), {
    killed: { steps: ['kill: [wifi-router.ra]'] },
    stopped: { steps: ['stop: [wifi-router.ra]', 'start: [wifi-router.ra]'] },
  });
  t.equal(exitCode, 0, printed);
});

t.test(
  'where tables and packets disagree, the wire decides and the contradiction stands beside it',
  async (t) => {
    const { exitCode, said } = await run(await thisUser(t), {
      'moved-behind-the-tables': {
        host: `    nftables: |
      table netdev moves {
        chain out { type filter hook egress device wifi priority 0; ip6 daddr 2001:db8:ff::1 fwd to lte; }
      }`,
      },
      'marked-after-source': {
        to: '192.0.2.1',
        host: `    addresses: { wifi: [10.0.1.10/24], lte: [10.0.2.10/24] }
    routes:
      - { to: default, via: wifi-router, family: ipv4 }
      - { to: default, via: lte-router, family: ipv4, table: 100 }
    rules: [{ family: ipv4, mark: 7, table: 100 }]
    nftables: |
      table ip marks {
        chain output { type route hook output priority 0; ip daddr 192.0.2.1 meta mark set 7; }
      }`,
      },
    });
    t.equal(exitCode, 1);
    for (const text of [said['moved-behind-the-tables'], said['marked-after-source']]) {
      t.match(text, /^✗ deviates /);
      t.match(text, /^ {4}web: expected link wifi, saw link lte: packets? \d+/m);
      t.match(text, /^ {4}web: the host says link wifi \(ip route get\), the wire shows lte$/m);
    }
  },
);

t.test('what the kernel refuses is a mistake of the lab, at its line', async (t) => {
  const { exitCode, said } = await run(await thisUser(t), {
    address: { host: "    addresses: { wifi: ['ff02::7/64'] }" },
    route: { host: '    ip: ["route add default via 198.51.100.1"]' },
    'route-in-a-step': { steps: ['ip: { host: ["route add default via 198.51.100.1"] }'] },
    sysctl: { host: '    sysctls: { net.ipv4.conf.nowhere.rp_filter: 1 }' },
    ruleset: { host: '    nftables: nonsense' },
    file: { host: '    daemons: { a: { command: [sleep, 1h], files: { /proc/sys/kernel/pid_max: "9" } } }' },
    program: { steps: ['run: { host: [ls, /nowhere] }'] },
  });
  t.equal(exitCode, 2);
  const sentences: Record<string, RegExp> = {
    address: /failures\/address\.yaml:13:5: ip addr add ff02::7\/64 dev wifi on host: EADDRNOTAVAIL$/m,
    route:
      /failures\/route\.yaml:13:5: ip route add default via 198\.51\.100\.1 on host: Error: Nexthop has invalid gateway\.$/m,
    'route-in-a-step':
      /failures\/route-in-a-step\.yaml:18:5: ip on host: Error: Nexthop has invalid gateway\./,
    sysctl: /failures\/sysctl\.yaml:13:5: sysctl net\.ipv4\.conf\.nowhere\.rp_filter=1 on host: ENOENT$/m,
    ruleset: /failures\/ruleset\.yaml:13:5: nftables on host: .*syntax error/m,
    file: / {4}the file \/proc\/sys\/kernel\/pid_max of host: E(ACCES|PERM|ROFS)$/m,
    program: /failures\/program\.yaml:18:5: ls \/nowhere on host: ls: cannot access '\/nowhere'/,
  };
  for (const [name, sentence] of Object.entries(sentences)) t.match(said[name], sentence, name);
});

t.test(
  'what the machine lacks is said with the command that gets it, and nothing is started',
  { skip: isRoot ? false : 'only root can hide a program' },
  async (t) => {
    const hidden = 'mount --bind /dev/null "$(command -v radvd)" && exec node "$@"';
    const { exitCode, printed } = await run(
      await thisUser(t),
      { lab: {} },
      {
        program: ['unshare', '--mount', 'sh', '-c', hidden, 'sh'],
        env: { PATH: `${process.env.PATH}:/usr/sbin` },
      },
    );
    t.equal(exitCode, 4);
    t.match(printed, /the program radvd is missing: needed by wifi-router\.ra/);
    t.match(printed, /apt-get install radvd/);
    t.notMatch(printed, /evidence and results/);
  },
);

t.test(
  'a host that gets no files of its own is a fault of the machine, not of the lab',
  { skip: isRoot ? false : 'only root can replace a program' },
  async (t) => {
    const caller = await thisUser(t);
    const refusing = join(caller.folder, 'mount');
    writeFileSync(refusing, '#!/bin/sh\necho refused >&2\nexit 32\n', { mode: 0o755 });
    const replaced = 'mount --bind "$0" "$(command -v mount)" && exec node "$@"';
    const { exitCode, printed } = await run(
      caller,
      { lab: {} },
      {
        program: ['unshare', '--mount', 'sh', '-c', replaced, refusing],
        env: { PATH: `${process.env.PATH}:/usr/sbin` },
      },
    );
    t.equal(exitCode, 4, printed);
    t.match(printed, /- unsupported /);
    t.match(printed, /no files of its own for host: refused|no overlay within a user namespace/);
  },
);

t.test('a bug of miflab is said to be one', async (t: Test) => {
  const caller = await thisUser(t);
  rmSync(join(caller.folder, 'node_modules/koffi'), { recursive: true });
  const { exitCode, said } = await run(caller, { lab: {} });
  t.equal(exitCode, 70);
  t.match(said.lab, /^! bug of miflab /);
  t.match(said.lab, /the lab process ended early: .*koffi/s);
});
