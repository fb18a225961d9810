/** up, exec and capture as they are used: three programs, on a real lab. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';

const root = fileURLToPath(new URL('../..', import.meta.url));
const LAB = 'default-router/preference-across-links';
const OTHER = 'default-router/no-router';
/** A user without subordinate ids: Debian's nobody. */
const NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];

t.setTimeout(600_000);

t.before(() => {
  if (!existsSync('dist/miflab.js')) spawnSync('node', ['scripts/build.mjs'], { cwd: root });
});

const asSelf: string[] = [];

function miflab(words: string[], as = asSelf) {
  const [file, ...args] = [...as, process.execPath, 'dist/miflab.js', ...words];
  return spawnSync(file!, args, { cwd: root, encoding: 'utf8' });
}

interface Up {
  process: ChildProcess;
  said: string;
  ended: Promise<{ code: number | null; signal: string | null }>;
}

/** A lab that says it is up; it ends with the test. */
async function up(t: Test, lab: string, as = asSelf): Promise<Up> {
  const [file, ...args] = [...as, process.execPath, 'dist/miflab.js', 'up', lab];
  const child = spawn(file!, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.once('exit', (code, signal) => resolve({ code, signal })),
  );
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const one: Up = { process: child, said: '', ended };
  await new Promise<void>((resolve, reject) => {
    child.stdout!.on('data', (chunk: Buffer) => {
      one.said += chunk;
      if (one.said.includes('Ctrl-C')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`${lab} did not come up: exit code ${code}`)));
  });
  return one;
}

/** Ends when the lab has ended, however long its namespaces take. */
async function gone(lab: string): Promise<void> {
  while (miflab(['exec', lab, 'host', 'true']).status !== 2);
}

t.test('two labs are up at once, each with its own nodes, and each only once', async (t) => {
  const first = await up(t, LAB);
  await up(t, OTHER);

  t.match(first.said, /^Of two routers on two links/);
  t.match(first.said, /host +under test +wifi +2001:db8:a::ff:fe00:4\/64/);
  t.match(first.said, /server +server +internet +.*2001:db8:ff::1\/128/);

  t.match(
    miflab(['exec', LAB, 'host', '--', 'ip', '-6', 'route']).stdout,
    /default via .* dev lte .*pref high/,
  );
  t.notMatch(miflab(['exec', OTHER, 'host', 'ip', '-6', 'route']).stdout, /default/);
  t.equal(miflab(['exec', LAB, 'host', 'hostname']).stdout, 'host\n', 'a host has files of its own');
  t.match(miflab(['exec', LAB, 'lte-router', 'ip', '-br', 'addr']).stdout, /2001:db8:b::1\/64/);
  t.match(miflab(['exec', LAB, 'internet', 'ip', '-6', 'route']).stdout, /2001:db8:b::\/64/);

  const again = miflab(['up', LAB]);
  t.equal(again.status, 2);
  t.match(again.stderr, /preference-across-links is up already \(process \d+\)/);
});

t.test('two labs of one name, in two folders, are two labs', async (t) => {
  const lab = readFileSync(`labs/${LAB}.yaml`, 'utf8').replaceAll('2001:db8:b::', '2001:db8:c::');
  const folder = t.testdir({ labs: { 'default-router': { 'preference-across-links.yaml': lab } } });
  const copy = `${folder}/labs/${LAB}.yaml`;
  await up(t, LAB);
  await up(t, copy);
  t.match(miflab(['exec', copy, 'lte-router', 'ip', '-br', 'addr']).stdout, /2001:db8:c::1/);
  t.match(miflab(['exec', LAB, 'lte-router', 'ip', '-br', 'addr']).stdout, /2001:db8:b::1/);
});

t.test(
  'exec gives the exit code of its command, and names what there is where a name is wrong',
  async (t) => {
    await up(t, LAB);
    t.equal(miflab(['exec', LAB, 'server', '--', 'sh', '-c', 'exit 7']).status, 7);
    t.equal(miflab(['exec', LAB, 'server', '--', 'sh', '-c', 'kill -TERM $$']).status, 143);
    t.equal(miflab(['exec', LAB, 'server', 'no-such-program']).status, 127);

    const misspelt = miflab(['exec', LAB, 'hots', 'true']);
    t.equal(misspelt.status, 2);
    t.match(misspelt.stderr, 'has no node hots: did you mean host?');
    t.match(miflab(['exec', LAB, 'printer', 'true']).stderr, /has no node printer: there is wifi-router, /);
    t.match(
      miflab(['capture', LAB, 'ethernet']).stderr,
      /has no link ethernet: there is wifi, lte, internet/,
    );
  },
);

t.test('a command on a node sees nothing of the machine', async (t) => {
  await up(t, LAB);
  for (const node of ['host', 'server']) {
    t.equal(miflab(['exec', LAB, node, 'pwd']).stdout, '/\n');
    t.notMatch(miflab(['exec', LAB, node, 'ls', '.']).stdout, /^(home|sys\/kernel|boot)$/m, node);
    t.match(miflab(['exec', LAB, node, 'env']).stdout, /^HOME=\/root$/m);
    t.notMatch(miflab(['exec', LAB, node, 'env']).stdout, /^npm_/m, 'nor its environment');
    t.notMatch(miflab(['exec', LAB, node, 'ps', '-e', '-o', 'args']).stdout, /tap/, 'nor its processes');
  }
});

t.test('capture writes packets as they pass, and wherever they pass', async (t) => {
  await up(t, LAB);
  const onePort = { links: ['wifi'], expected: ['wifi (host)', 'wifi (wifi-router)'] };
  const allPorts = {
    links: [],
    expected: ['wifi (host)', 'internet:wifi-router (wifi-router)', 'internet:server (server)'],
  };
  for (const { links, expected } of [onePort, allPorts]) {
    const capture = spawn(process.execPath, ['dist/miflab.js', 'capture', LAB, ...links], { cwd: root });
    const ended = new Promise((resolve) => capture.once('exit', resolve));
    const tshark = spawn('tshark', [
      '-l',
      '-i',
      '-',
      '-T',
      'fields',
      '-e',
      'frame.interface_name',
      '-Y',
      'icmpv6.type >= 128 && icmpv6.type <= 129',
    ]);
    capture.stdout.once('data', () => {
      // The header is there: from now on packets are seen.
      spawn(
        process.execPath,
        [
          'dist/miflab.js',
          'exec',
          LAB,
          'host',
          '--',
          'ping',
          '-c',
          '100',
          '-i',
          '0.2',
          '-I',
          'wifi',
          '2001:db8:ff::1',
        ],
        { cwd: root },
      );
    });
    capture.stdout.pipe(tshark.stdin);
    let seen = '';
    await new Promise<void>((resolve) => {
      tshark.stdout.on('data', (chunk: Buffer) => {
        seen += chunk;
        if (expected.every((name) => seen.includes(name))) resolve();
      });
      tshark.once('exit', () => resolve());
    });
    for (const name of expected) t.match(seen, name, 'while the capture goes on');
    capture.kill('SIGINT');
    t.equal(await ended, 0);
  }
});

t.test('with up everything goes: by Ctrl-C, and when it is killed', async (t) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
    const lab = await up(t, LAB);
    const inside = spawn(
      process.execPath,
      ['dist/miflab.js', 'exec', LAB, 'host', 'sh', '-c', 'echo; exec cat'],
      { cwd: root },
    );
    const capture = spawn(process.execPath, ['dist/miflab.js', 'capture', LAB], { cwd: root });
    const over = [inside, capture].map((one) => new Promise((resolve) => one.once('exit', resolve)));
    let errors = '';
    inside.stderr.on('data', (chunk: Buffer) => {
      errors += chunk;
    });
    await Promise.all(
      [inside, capture].map((one) => new Promise((resolve) => one.stdout.once('data', resolve))),
    );
    lab.process.kill(signal);
    const { code } = await lab.ended;
    if (signal !== 'SIGKILL') t.equal(code, 0, signal);
    t.equal((await Promise.all(over))[0], 137, `the command ends with it: ${signal}`);
    t.match(errors, 'with default-router/preference-across-links that has ended');
    await gone(LAB);
    const late = miflab(['exec', LAB, 'host']);
    t.equal(late.status, 2);
    t.match(late.stderr, /is not up: start it in another terminal with .* up default-router/);
  }
});

t.test('a lab that does not come up says why', async (t) => {
  const lab = readFileSync(`labs/${LAB}.yaml`, 'utf8');
  const folder = t.testdir({
    'dies.yaml': lab.replace(
      'server:      {',
      "server: { daemons: { broken: { command: [sh, -c, 'echo out of paper; exit 3'] } }, ",
    ),
    'waits.yaml': lab.replace(
      '- settle:',
      '- wait: { routes: [2001:db8:dead::/48], within: 100ms }\n  - settle:',
    ),
    'refused.yaml': lab.replace(
      '- settle:',
      '- ip: { host: [route add 2001:db8:c::/64 dev nothing] }\n  - settle:',
    ),
  });
  for (const [name, exitCode, why] of [
    ['dies', 3, /server\.broken .*ended: exit code 3\n {2}out of paper\n/],
    ['waits', 3, /100 ms after the step before, no route to 2001:db8:dead::\/48/],
    ['refused', 2, /ip on host: Cannot find device "nothing"/],
  ] as const) {
    const { status, stdout, stderr } = miflab(['up', `${folder}/${name}.yaml`]);
    t.equal(status, exitCode, name);
    t.match(stderr, why);
    t.equal(stdout, '');
    t.notMatch(stderr, /^\s+at /m);
  }
});

t.test('an ordinary user has all of it, with a single id too', { skip: whyNotAsNobody() }, async (t) => {
  await up(t, LAB, NOBODY);
  await up(t, LAB);
  t.equal(miflab(['exec', LAB, 'host', 'hostname'], NOBODY).stdout, 'host\n');
  t.match(miflab(['exec', LAB, 'server', 'id'], NOBODY).stdout, /^uid=0/);
});

function whyNotAsNobody(): string | false {
  if (process.getuid!() !== 0) return 'these tests run as an ordinary user already';
  const [setpriv, ...args] = [...NOBODY, 'test', '-r', 'dist/miflab.js'];
  return spawnSync(setpriv!, args, { cwd: root }).status !== 0 && 'others cannot read this copy of miflab';
}
