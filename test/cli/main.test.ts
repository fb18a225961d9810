import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { reportBug } from '../../src/cli/bug.ts';
import { written } from './fakes.ts';

const miflab = (...argv: string[]) =>
  spawnSync(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...argv], { encoding: 'utf8' });

t.test('the process exits with the code of the command, and says why without a stack trace', async (t) => {
  const table: [string[], number, RegExp][] = [
    [['--help'], 0, /Usage: miflab/],
    [['rnu'], 2, /Did you mean run\?/],
    [['run', 'no/such/lab'], 2, /^error: no lab called no\/such\/lab/m],
    [['report', 'no/such/results'], 2, /^error: no results in/m],
    [['plan', 'test/fixtures/labs/preference.yaml'], 0, /"format": 1/],
    [['plan', 'test/fixtures/labs/preference.yaml', '--stack', 'nosuch'], 2, /^error: unknown stack nosuch/m],
  ];
  for (const [argv, exitCode, text] of table) {
    const { status, stdout, stderr } = miflab(...argv);
    t.equal(status, exitCode, argv.join(' '));
    t.match(stdout + stderr, text);
    t.notMatch(stderr, /\n {4}at /);
  }
});

t.test('a reader that goes away early is no failure', async (t) => {
  const pipeline = `set -o pipefail; "${process.execPath}" --import tsx src/cli/main.ts schema | head -c 1`;
  const { status, stderr } = spawnSync('bash', ['-c', pipeline], { encoding: 'utf8' });
  t.equal(status, 0, stderr);
});

t.test('doctor knows a container that hides parts of /proc, where no lab can be built', async (t) => {
  const container = ['--bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--unshare-pid'];
  const hidden = ['--ro-bind', '/proc/version', '/proc/version'];
  const doctor = [process.execPath, '--import', 'tsx', 'src/cli/main.ts', 'doctor'];
  const { status, stdout } = spawnSync('bwrap', [...container, ...hidden, '--', ...doctor], {
    encoding: 'utf8',
  });
  t.equal(status, 4, stdout);
  t.match(stdout, /parts of \/proc are hidden[\s\S]*systempaths=unconfined/);
});

t.test('bash completes what stands on the line, and evaluates nothing of it', async (t) => {
  const folder = t.testdir({});
  const complete = (...words: string[]) =>
    spawnSync(
      'bash',
      [
        '-c',
        `miflab() { "$0" --import tsx src/cli/main.ts "$@"; }
         source <(miflab completion bash)
         COMP_WORDS=(miflab "$@"); COMP_CWORD=$#
         _miflab miflab "\${COMP_WORDS[-1]}" "\${COMP_WORDS[-2]}"
         printf '%s\\n' "\${COMPREPLY[@]}"`,
        process.execPath,
        ...words,
      ],
      { encoding: 'utf8' },
    ).stdout;
  t.equal(complete('run', 'order/eq'), 'order/equal-routers\n');
  t.equal(complete('run', '--timers', 'r'), 'real\n');
  complete('run', `$(touch ${folder}/evaluated)`, '');
  t.same(readdirSync(folder), []);
});

t.test('a bug of miflab says so, and where its stack trace is', async (t) => {
  const before = process.env.TMPDIR;
  process.env.TMPDIR = t.testdir();
  t.teardown(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  });
  const { result, stderr } = await written(t, async () => reportBug(new Error('no such thing')));
  t.equal(result, 70);
  const [, file] = /mistake in miflab, not in your lab.*report it with (\S+)/.exec(stderr) ?? [];
  t.match(readFileSync(file!, 'utf8'), /^miflab \d[\s\S]*Error: no such thing\n {4}at /);
});
