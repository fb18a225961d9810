import t, { type Test } from 'tap';
import { makeProgram, usageExitCode } from '../../src/cli/program.ts';
import { openReporters } from '../../src/cli/reporter-choice.ts';
import * as values from '../../src/cli/values.ts';
import { memory } from '../report/fakes.ts';
import { written } from './fakes.ts';

/** What the process would print and exit with. */
const call = (t: Test, ...argv: string[]) =>
  written(t, async () => {
    let exitCode: number | undefined;
    try {
      await makeProgram((code) => {
        exitCode = code;
      }).parseAsync(argv, { from: 'user' });
    } catch (error) {
      exitCode = usageExitCode(error);
    }
    return exitCode;
  });

t.test('what cannot be meant is explained, with what probably was, and exits with 2', async (t) => {
  const table: [string[], RegExp][] = [
    [['rnu'], /unknown command 'rnu'[\s\S]*Did you mean run\?/],
    [['run', '--worker', '3'], /unknown option '--worker'[\s\S]*Did you mean --workers\?/],
    [['run', '--workers', 'many'], /'many' is invalid. Expected a whole number from 1/],
    [['run', '--workers', '0'], /whole number from 1/],
    [['run', '--retries', '-1'], /whole number from 0/],
    [['run', '--grep', '('], /Expected a regular expression: .*Unterminated group/],
    [['run', '--shard', '4/3'], /Expected i\/n with i from 1 to n/],
    [['run', '--timers', 'slow'], /Allowed choices are fast, real/],
    [['run', '--stack', 'a,,b'], /Expected names of stacks/],
    [['run', '--reporter', 'html'], /Expected one of progress, plain, tap, ktap, junit, json, github/],
    [['plan'], /missing required argument 'lab'/],
    [['completion', 'ksh'], /Allowed choices are bash, zsh, fish/],
    [['doctor', 'now'], /too many arguments/],
  ];
  for (const [argv, message] of table) {
    const { result, stderr } = await call(t, ...argv);
    t.equal(result, 2, argv.join(' '));
    t.match(stderr, message);
  }
});

t.test('help is no mistake, and every command has examples', async (t) => {
  const { result, stdout } = await call(t, '--help');
  t.equal(result, 0);
  t.match(stdout, /Exit codes, the first that holds:/);
  const commands = makeProgram(() => {}).commands.map((command) => command.name());
  for (const name of commands.filter((name) => name !== 'complete')) {
    const help = await call(t, name, '--help');
    t.equal(help.result, 0);
    t.match(
      help.stdout,
      new RegExp(`Examples:\n {2}(.* )?miflab ${name}|Examples:\n.*\\(miflab ${name}`),
      name,
    );
  }
  t.equal((await call(t, '--version')).result, 0);
});

t.test('values come out as what they mean', async (t) => {
  t.match('web LAB', values.pattern('lab'), 'without regard to case');
  t.same(values.shard('2/3'), { index: 2, count: 3 });
  t.same(values.stacks('kernel, networkd,kernel'), ['kernel', 'networkd']);
  t.same(values.reporter('junit:a:b.xml', [{ name: 'tap' }]), [
    { name: 'tap' },
    { name: 'junit', file: 'a:b.xml' },
  ]);
  for (const wrong of ['0/3', '4/3', '1', '1/0', 'a/b', '1/3/5']) t.throws(() => values.shard(wrong), wrong);
});

t.test('on a GitHub runner annotations come by themselves', async (t) => {
  const output = memory();
  const reporter = openReporters([], output, { GITHUB_ACTIONS: 'true' });
  const { resultsOf } = await import('../report/fakes.ts');
  await resultsOf({ 'dns/a': ['deviates'] }, reporter);
  t.match(output.text, /^::error file=labs\/dns\/a\.yaml/m);
  t.match(output.text, /✗ deviates/);
});

t.test('the shell completes commands, flags and their values', async (t) => {
  const completed = async (...words: string[]) =>
    (await call(t, 'complete', '--', ...words)).stdout.split('\n').map((line) => line.split('\t')[0]);
  t.match(await completed('re'), ['record', 'report']);
  t.match(await completed('run', '--re'), ['--retries', '--repeat', '--reporter']);
  t.match(await completed('run', '--timers', ''), ['fast', 'real']);
  t.match(await completed('completion', ''), ['bash', 'zsh', 'fish']);
  t.match(await completed('run', '--reporter', ''), ['progress', 'plain', 'tap']);
  t.match(await completed('run', 'order/'), [/^order\//]);
  t.match(await completed('up', 'first-hop/'), [/^first-hop\//]);
});
