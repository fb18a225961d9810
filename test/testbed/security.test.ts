import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { type Caller, isRoot, ordinaryUser, thisUser } from '../support/users.ts';

t.setTimeout(300_000);

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
      'node',
      ['dist/miflab.js', 'run', lab, '-o', caller.output],
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
