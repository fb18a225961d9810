import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { longestRun } from '../../src/plan/longest-run.ts';
import { runProgram } from '../../src/sys/program.ts';
import { makeMeasure, runWithin } from '../../src/testbed/measure.ts';
import { type Limits, limitsOf, supervise } from '../../src/testbed/supervise.ts';
import { planLabs } from '../support/run-lab.ts';
import { type Caller, isRoot, ordinaryUser, thisUser } from '../support/users.ts';

t.setTimeout(300_000);

/** Of the process that tells miflab what happens in the lab. */
const LAB_PROCESS = '$(grep -lx miflab-node /proc/[0-9]*/comm | cut -d/ -f3 | sort -n | head -n 1)';
/** A descriptor that whoever starts miflab has open. */
const LEFT_OPEN = 20;

/** What a lab from a stranger may try: a shell command each, which works where the sandbox fails. */
const attempts = (caller: Caller, port: number, socket: string): Record<string, string> => ({
  'writes into miflab': 'echo x >> /run/miflab-program/miflab.js',
  'makes miflab writable':
    'mount -o remount,rw,bind /run/miflab-program && echo x >> /run/miflab-program/miflab.js',
  'makes miflab writable below':
    'unshare --mount sh -c "mount -o remount,rw,bind /run/miflab-program && echo x >> /run/miflab-program/miflab.js"',
  'changes the rights of miflab': 'chmod 666 /run/miflab-program/miflab.js',
  'takes away what hides': 'umount /run/miflab-program',
  'makes /usr writable': 'mount -o remount,rw,bind /usr && touch /usr/miflab-was-here',
  'writes into /usr': 'touch /usr/miflab-was-here',
  'writes into the etc of the machine': '[ "$ROLE" = router ] && touch /etc/miflab-was-here',
  'reads the password hashes': 'cat /etc/shadow',
  'sees the folder of the user': `ls ${caller.folder}`,
  'sees homes': '[ -n "$(ls -A /root; ls -A /home)" ]',
  'sets a kernel parameter of the machine': 'echo x > /proc/sys/kernel/core_pattern',
  'sets a memory parameter of the machine': 'cat /proc/sys/vm/swappiness > /proc/sys/vm/swappiness',
  'presses a system key': 'echo h > /proc/sysrq-trigger',
  'sees a process of the machine': `grep -q "${caller.folder}" /proc/[0-9]*/cwd /proc/[0-9]*/environ`,
  'signals a process of the machine': `kill -0 ${process.pid} && grep -q tap /proc/${process.pid}/cmdline`,
  'enters the namespaces of the machine': 'nsenter --target=1 --net ip link show eth0',
  'reaches a server on the loopback of the machine': `curl --silent --max-time 2 http://127.0.0.1:${port}`,
  'reaches an abstract socket of the machine': `curl --silent --max-time 2 --abstract-unix-socket ${socket} http://x/`,
  'reaches the bus or docker':
    'ls /run/dbus/system_bus_socket /run/docker.sock /var/run/docker.sock 2> /dev/null',
  'makes a device': 'mknod /tmp/disk b 8 0 && cat /tmp/disk',
  'sees a disk': 'ls /dev/sd* /dev/vd* /dev/nvme* /dev/mem /dev/kmsg 2> /dev/null',
  'loads a module': 'modprobe dummy',
  'sets the clock': 'date --set "$(date)"',
  'has more processes than the limit': '[ "$(ulimit -p)" = unlimited ] || [ "$(ulimit -p)" -gt 8192 ]',
  'takes the voice of the lab process':
    // pidfd_open(2), pidfd_getfd(2)
    `perl -e 'exit(syscall(438, syscall(434, $ARGV[0], 0), 1, 0) < 0)' ${LAB_PROCESS}`,
  'traces the lab process': `perl -e 'exit(syscall(101, 16, $ARGV[0], 0, 0) != 0)' ${LAB_PROCESS}`,
  'traces it with the rights of a namespace below': `unshare --user --map-root-user perl -e 'exit(syscall(101, 16, $ARGV[0], 0, 0) != 0)' ${LAB_PROCESS}`,
  'writes where the lab process writes': `echo x > /proc/${LAB_PROCESS}/fd/1`,
  'writes into the memory of the lab process': `: <> /proc/${LAB_PROCESS}/mem`,
  'starts a debugger of the lab process': `kill -USR1 ${LAB_PROCESS}; for p in /proc/[0-9]* /proc/[0-9]* /proc/[0-9]*; do nsenter --net=$p/ns/net sh -c 'ip link set lo up; curl --silent http://127.0.0.1:9229/json' && exit; done; false`,
  'has what the caller left open': `: >&${LEFT_OPEN} || [ -e /proc/self/fd/${LEFT_OPEN} ]`,
  'fills the memory through a folder': 'head -c 100M /dev/zero > /tmp/fill',
});

const labOf = (script: string): string => {
  const daemon = (role: string) =>
    `daemons: { attempts: { command: [sh, /run/attempts, ${role}], files: { /run/attempts: ${JSON.stringify(script)} }, ready: all tried, within: 60s } }`;
  return `title: what a stranger may try
topic: field
source: none
level: none
networks: { wifi: { ipv6: 2001:db8:a::/64 } }
nodes:
  router: { router: [wifi], ${daemon('router')} }
  host: { under-test: [wifi], ${daemon('host')} }
experiment: [{ plug-in: [wifi] }]
expect: {}
`;
};

const callers: [who: string, callerOf: (t: Test) => Promise<Caller>, skip: string | false][] = [
  ['whoever runs the tests', thisUser, false],
  ['an ordinary user', (t) => ordinaryUser(t, true), isRoot ? false : 'only root can make another user'],
];

for (const [who, callerOf, skip] of callers)
  t.test(`a lab from a stranger gets nowhere with the rights of ${who}`, { skip }, async (t) => {
    const caller = await callerOf(t);
    // So that rights of files do not stand in the way, only the sandbox.
    const { uid, gid } = caller.options as { uid: number; gid: number };
    await execa('chown', ['--recursive', `${uid}:${gid}`, join(caller.folder, 'dist')]);
    const server = createServer((peer) => peer.end('HTTP/1.0 200 OK\r\n\r\n'));
    const abstract = createServer((peer) => peer.end('HTTP/1.0 200 OK\r\n\r\n'));
    const socket = `miflab-test-${process.pid}`;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await new Promise<void>((resolve) => abstract.listen(`\0${socket}`, resolve));
    t.teardown(() => [server.close(), abstract.close()]);
    const { port } = server.address() as { port: number };
    const tried = attempts(caller, port, socket);
    const before = readFileSync(join(caller.folder, 'dist/miflab.js'), 'utf8');

    const script = Object.entries(tried)
      .map(([what, command]) => `( ${command} ) > /dev/null 2>&1 && echo "worked: ${what}"`)
      .join('\n');
    const lab = join(caller.folder, 'labs/stranger.yaml');
    writeFileSync(lab, labOf(`ROLE=$1\n${script}\necho all tried\nexec sleep 1h\n`));
    const { stdout, stderr } = await execa(
      'bash',
      [
        '-c',
        `exec ${LEFT_OPEN}> /dev/null; exec "$@"`,
        'bash',
        ...['node', 'dist/miflab.js', 'run', lab, '-o', caller.output],
      ],
      caller.options,
    );
    for (const node of ['router', 'host']) {
      const log = readFileSync(
        join(caller.output, `last/stranger/lab/daemons/${node}.attempts/log.txt`),
        'utf8',
      );
      t.match(log, /all tried/, `${node} has tried everything: ${stdout}${stderr}`);
      for (const what of Object.keys(tried)) t.notMatch(log, `worked: ${what}\n`, `${node}: ${what}`);
    }
    t.equal(readFileSync(join(caller.folder, 'dist/miflab.js'), 'utf8'), before, 'miflab is what it was');
  });

t.test('a lab can hold up neither its run nor the memory of miflab', async (t) => {
  /** What becomes of a lab whose host runs this, with limits that a test can reach. */
  const failureOf = async (script: string, limits: Partial<Limits>) => {
    const [plan] = planLabs(`
networks: { wifi: { ipv6: 2001:db8:a::/64 } }
nodes:
  router: { router: [wifi] }
  host: { under-test: [wifi], daemons: { hostile: { command: [bash, -c, ${JSON.stringify(script)}] } } }
experiment: [{ plug-in: [wifi] }, { wait: { routes: ["2001:db8:f::/64"], within: 1h } }]
`);
    const measure = makeMeasure(runWithin({ ...limitsOf(plan!, false), ...limits }));
    return (await measure(plan!, {})).failure;
  };
  const stopped = { kind: 'evidence', message: /^the lab process gave no sign of life for 3 s: a program/ };
  const cases: [what: string, script: string, limits: Partial<Limits>, failure: object][] = [
    ['stops the lab process', `kill -STOP ${LAB_PROCESS}; sleep 1h`, { quietMs: 1000 }, stopped],
    [
      'kills the lab process',
      `kill -KILL ${LAB_PROCESS}; sleep 1h`,
      {},
      { kind: 'evidence', message: /^the lab process was ended by SIGKILL: by a program of the lab, or/ },
    ],
    [
      'kills all it can',
      'kill -KILL -1; sleep 1h',
      {},
      { kind: /evidence|daemon/, message: /ended by SIGKILL|killed by SIGKILL/ },
    ],
    [
      'floods with lines',
      'yes nonsense | head -n 15000; sleep 1h',
      { bytes: 1_000_000 },
      {
        kind: 'evidence',
        message: /^the lab told more than 1 MB of what happened: most of it output of host\.hostile$/,
      },
    ],
    [
      'floods with packets',
      'while :; do echo > /dev/udp/ff02::1%wifi/9; done',
      { bytes: 1_000_000 },
      {
        kind: 'evidence',
        message: /^the lab told more than 1 MB of what happened: most of it packets of host on wifi$/,
      },
    ],
    [
      'never ends',
      'sleep 2h',
      { longestMs: 3000 },
      { kind: 'evidence', message: /^the lab was not over after 3000 ms, longer than all it waits for$/ },
    ],
  ];
  for (const [what, script, limits, failure] of cases)
    t.match(await failureOf(script, limits), failure, what);
});

t.test('a program that leaves others behind with its output is not waited for without end', async (t) => {
  const { code, output, errors } = await runProgram(['sh', '-c', 'echo said; sleep 600 &'], undefined, 2000);
  t.match(
    { code, output, errors },
    { code: null, output: 'said\n', errors: /^no end of its output within 2 s/ },
  );
});

t.test('a lab process that is quiet, or slow, is left alone', async (t) => {
  const asked: string[] = [];
  const supervision = supervise(
    { bytes: 1000, quietMs: 20, longestMs: 60_000 },
    () => {
      asked.push('asked');
      supervision.heard(10);
    },
    (reason) => asked.push(reason),
  );
  while (asked.length < 5) await new Promise(setImmediate);
  supervision.end();
  t.same(asked.slice(0, 5), Array(5).fill('asked'), 'it answers whenever it is asked');
});

t.test('what a lab states that it waits for, it may take', (t) => {
  const longest = (within: string) =>
    longestRun(
      planLabs(`
networks: { wifi: { ipv6: 2001:db8:a::/64 } }
nodes: { router: { router: [wifi] }, host: { under-test: [wifi] } }
experiment: [{ plug-in: [wifi] }, { wait: { routes: ["2001:db8:f::/64"], within: ${within} } }]
`)[0]!,
    );
  t.equal(longest('2h') - longest('1h'), 4 * 3_600_000);
  t.ok(longest('1s') > 20 * 60_000, 'and much more around it');
  t.end();
});

t.test('results are written below their folder alone, whatever the lab calls its files', async (t) => {
  const caller = await thisUser(t);
  const lab = join(caller.folder, 'labs/names.yaml');
  writeFileSync(
    lab,
    `title: names
topic: field
source: none
level: none
networks: { wifi: { ipv6: 2001:db8:a::/64 } }
nodes:
  host:
    under-test: [wifi]
    daemons:
      a: { command: [sleep, 1h], files: { /tmp/../../../../tmp/escaped: x, "/run/host.a/../../../../escaped": x } }
experiment: [{ plug-in: [wifi] }]
expect: {}
`,
  );
  cpSync(caller.output, join(caller.folder, 'before'), { recursive: true });
  mkdirSync(join(caller.folder, 'watched'));
  const outside = () => readdirSync(caller.folder).sort();
  const before = outside();
  await execa('node', ['dist/miflab.js', 'run', lab, '-o', caller.output], caller.options);
  t.same(outside(), before);
  const written = readdirSync(join(caller.output, 'last/names/lab/daemons'), { recursive: true });
  t.match(written.map(String).sort(), [/^host\.a/, /^host\.a/], 'what it wrote is there');
});
