import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import t, { type Test } from 'tap';
import { list } from '../../src/cli/list.ts';
import type { Parts } from '../../src/cli/parts.ts';
import { plan } from '../../src/cli/plan.ts';
import { record } from '../../src/cli/record.ts';
import { report } from '../../src/cli/report.ts';
import { type RunOptions, run } from '../../src/cli/run.ts';
import { UsageError } from '../../src/cli/usage-error.ts';
import type { Need } from '../../src/plan/plan.ts';
import { thisKernel } from '../../src/suite/kernel.ts';
import { readPracticeOf } from '../../src/suite/practice-files.ts';
import type { SuiteResults } from '../../src/suite/results.ts';
import { type FakeLab, inFolderOf, written } from './fakes.ts';

const conforms: FakeLab = { scripts: ['conforms'] };
const deviates: FakeLab = { scripts: ['deviates'] };
const runIn = (t: Test, parts: Parts, options: Partial<RunOptions> = {}, words: string[] = []) =>
  written(t, () => run(words, { timers: 'fast', output: 'results', ...options }, parts));
const lastResults = () => JSON.parse(readFileSync('results/last/results.json', 'utf8')) as SuiteResults;

t.test('the exit code is that of the suite, and the results are kept with a link to the last', async (t) => {
  const parts = inFolderOf(t, { good: conforms, bad: deviates });
  const { result, stdout } = await runIn(t, parts);
  t.equal(result, 1);
  t.match(stdout, /✗ deviates {2}bad/);
  t.match(lastResults(), { format: 1, exitCode: 1, runs: [{ lab: 'bad' }, { lab: 'good' }] });
  const [first] = readdirSync('results').filter((name) => /^\d{4}-/.test(name));
  t.equal(readlinkSync('results/last'), first);
  t.match(JSON.parse(readFileSync('results/times.json', 'utf8')), { good: 500, bad: 500 });

  await runIn(t, parts, {}, ['good']);
  t.equal(readdirSync('results').filter((name) => /^\d{4}-/.test(name)).length, 2, 'every run has a folder');
  t.not(readlinkSync('results/last'), first);
  t.match(
    JSON.parse(readFileSync('results/times.json', 'utf8')),
    { bad: 500 },
    'what was not run stays known',
  );
});

t.test('results that cannot be written are a usage error, at once and with the reason', async (t) => {
  const parts = inFolderOf(t, { good: conforms });
  writeFileSync('file', '');
  mkdirSync('taken/last', { recursive: true });
  writeFileSync('taken/last/anything', '');
  const refused: Record<string, RegExp> = {
    '/proc/miflab': /^cannot write results: ENOENT: .*\/proc\/miflab/,
    '/proc/miflab/below/it': /^cannot write results: ENOENT: /,
    '/sys/miflab': /^cannot write results: E(PERM|ACCES|ROFS): /,
    '/dev/full': /^cannot write results: ENOTDIR: /,
    'file/below': /^cannot write results: ENOTDIR: /,
    taken: /^cannot write results: E(ISDIR|EXIST|NOTEMPTY): /,
  };
  for (const [output, message] of Object.entries(refused))
    await t.rejects(runIn(t, parts, { output }), { constructor: UsageError, message }, output);
});

t.test('one bad lab file: nothing at all is started, and every bad file is named', async (t) => {
  const parts = inFolderOf(t, { good: conforms, worse: 'no lab', worst: 'none either' });
  await t.rejects(runIn(t, parts), {
    message: /2 lab files have mistakes[\s\S]*labs\/worse\.yaml:1:1[\s\S]*labs\/worst\.yaml:1:1/,
  });
  t.same(parts.measured, []);
  t.notOk(existsSync('results'));
});

t.test('labs are given as files, as folders, or by the names that reports show', async (t) => {
  const parts = inFolderOf(t, { search: conforms, servers: conforms });
  for (const words of [['labs/search.yaml'], ['search'], ['search', 'labs/search.yaml'], ['labs/search']]) {
    parts.measured.length = 0;
    await runIn(t, parts, {}, words);
    t.same(parts.measured, ['search'], words.join(' '));
  }
  await t.rejects(runIn(t, parts, {}, ['serch']), { message: 'no lab called serch: did you mean search?' });
});

t.test('what the machine lacks of these labs is said with the command, and nothing is started', async (t) => {
  const needs: Need[] = [{ kind: 'program', name: 'radvd', for: 'lte-router.ra' }];
  const parts = inFolderOf(t, { a: { ...conforms, needs }, b: conforms }, { hasProgram: () => false });
  const { result, stderr } = await runIn(t, parts);
  t.equal(result, 4);
  t.match(stderr, /radvd is missing: needed by lte-router\.ra[\s\S]*apt-get install radvd/);
  t.same(parts.measured, []);
  t.equal((await runIn(t, parts, {}, ['b'])).result, 0, 'a lab that does not need it runs');
});

t.test(
  "a kernel for the host alone goes with no other kernel of whole labs than the machine's",
  async (t) => {
    const parts = inFolderOf(t, { good: conforms });
    const opened: string[] = [];
    const kernel = (name: string) => ({
      ...thisKernel,
      name,
      machine: parts.machine,
      measure: parts.laboratory.measure,
      close: async () => void opened.push(`${name} is closed`),
    });
    const openHostKernel = async (name: string) => kernel(`${name} (host alone)`);
    const run = (options: object) => runIn(t, { ...parts, openHostKernel }, options);
    await t.rejects(run({ hostKernel: ['debian-uml'], kernel: ['debian:sid'] }), {
      message: /of --kernel it goes with host only/,
    });
    await run({ hostKernel: ['debian-uml'] });
    await run({ hostKernel: ['debian-uml'], kernel: ['host'] });
    t.same(opened, ['debian-uml (host alone) is closed', 'debian-uml (host alone) is closed']);
    t.same(
      lastResults().runs.map((one) => one.kernel),
      ['host', 'debian-uml (host alone)'],
    );
  },
);

t.test('a kernel without a feature makes just the labs that need it unsupported', async (t) => {
  const needs: Need[] = [{ kind: 'kernel', name: 'netem', for: 'the delay of a link' }];
  const parts = inFolderOf(
    t,
    { a: { ...conforms, needs }, b: conforms },
    { lackingFeatures: async (names) => names },
  );
  t.equal((await runIn(t, parts)).result, 0);
  t.match(lastResults().runs, [
    { lab: 'a', outcome: 'unsupported' },
    { lab: 'b', outcome: 'conforms' },
  ]);
  t.equal((await runIn(t, parts, {}, ['a'])).result, 4, 'nothing measured is no success');
});

t.test('each flag does what it says', async (t) => {
  const labs = { one: { ...conforms, controls: 2 }, two: deviates };
  const made = async (options: Partial<RunOptions>) => {
    const parts = inFolderOf(t, labs);
    await runIn(t, parts, options);
    return parts.measured.toSorted();
  };
  t.same(await made({}), ['one', 'two']);
  t.same(await made({ grep: /two/ }), ['two']);
  t.same(await made({ controls: true }), ['one', 'one', 'one', 'two']);
  t.same(await made({ retries: 2 }), ['one', 'two', 'two', 'two']);
  t.same(await made({ repeat: 2 }), ['one', 'one', 'two', 'two']);
  t.same(await made({ stack: ['kernel', 'networkd'] }), ['one', 'one', 'two', 'two']);
  t.same(await made({ bail: 1, workers: 1, grep: /one|two/, repeat: 2 }), ['one', 'one', 'two']);
  const shards = [
    await made({ shard: { index: 1, count: 2 } }).catch(() => []),
    await made({ shard: { index: 2, count: 2 } }).catch(() => []),
  ];
  t.same(shards.flat().toSorted(), ['one', 'two']);
});

t.test('timers and stack stand in the results', async (t) => {
  const parts = inFolderOf(t, { one: conforms });
  await runIn(t, parts, { timers: 'real', stack: ['networkd'] });
  t.match(lastResults().runs, [{ timers: 'real', stack: 'networkd', id: 'one · networkd' }]);
});

t.test('all is every stack wherever it is there; the rest is said in a line', async (t) => {
  const parts = inFolderOf(
    t,
    { one: conforms },
    {
      hasProgram: (name, image) => name !== 'systemd-resolved' || image === 'bookworm',
      lackingImage: async (name) => (name === 'sid' ? 'the user land sid is not built' : undefined),
    },
  );
  const table: [stack: string, runs: string[], leftOut: RegExp][] = [
    [
      'all',
      ['kernel', 'kernel@bookworm', 'kernel@trixie', 'networkd@bookworm'],
      /^left out of all: networkd \(no systemd-resolved\), networkd@trixie \(no systemd-resolved\)\n$/,
    ],
    ['all@trixie', ['kernel@trixie'], /^left out of all@trixie: networkd@trixie/],
    [
      'all@all',
      ['kernel@bookworm', 'kernel@trixie', 'networkd@bookworm'],
      /^left out of all@all: networkd@t/,
    ],
    ['kernel@all', ['kernel@bookworm', 'kernel@trixie'], /^$/],
  ];
  for (const [stack, runs, leftOut] of table) {
    const { stderr } = await runIn(t, parts, { stack: [stack] });
    t.same(
      lastResults().runs.map((run) => run.stack),
      runs,
      stack,
    );
    t.match(stderr, leftOut, stack);
  }
  await t.rejects(runIn(t, parts, { stack: ['all@sid'] }), {
    message: 'all@sid: this machine has none of them',
  });
  await t.rejects(runIn(t, parts, { stack: ['netwrkd@all'] }), { message: /unknown stack netwrkd/ });
});

t.test('a stack that does not exist is refused, whoever asks for it', async (t) => {
  await t.rejects(runIn(t, inFolderOf(t, { one: conforms }), { stack: ['netwrkd'] }), {
    message: /unknown stack netwrkd: there is kernel, networkd/,
  });
  await t.rejects(runIn(t, inFolderOf(t, { one: { ...conforms, stack: 'connman' } })), {
    message: /unknown stack connman/,
  });
});

t.test('last-failed runs what needs a look, and asks for a run before', async (t) => {
  const parts = inFolderOf(t, { good: conforms, bad: deviates });
  await t.rejects(runIn(t, parts, { lastFailed: true }), { message: /no results in results/ });
  await runIn(t, parts);
  parts.measured.length = 0;
  await runIn(t, parts, { lastFailed: true });
  t.same(parts.measured, ['bad']);
});

t.test('last-failed has nothing to do where nothing failed', async (t) => {
  const parts = inFolderOf(t, { good: conforms });
  await runIn(t, parts);
  t.match(await runIn(t, parts, { lastFailed: true }), { result: 0, stdout: /nothing needs another look/ });
});

t.test('reports go to files and leave the screen to the default', async (t) => {
  const parts = inFolderOf(t, { good: conforms });
  const reporter = [
    { name: 'tap', file: 'out.tap' },
    { name: 'junit', file: 'out.xml' },
  ];
  const { stdout } = await runIn(t, parts, { reporter });
  t.match(stdout, /✓ conforms/);
  t.match(readFileSync('out.tap', 'utf8'), /^TAP version 13\n1\.\.1\nok 1 - good\n/);
  t.match(readFileSync('out.xml', 'utf8'), /<testcase name="good"/);
});

t.test('what a program reads stands alone on standard output', async (t) => {
  const parts = inFolderOf(t, { good: conforms });
  const { stdout } = await runIn(t, parts, { reporter: [{ name: 'json' }] });
  t.equal((JSON.parse(stdout) as SuiteResults).format, 1);
  const mixed = [{ name: 'plain' }, { name: 'tap' }];
  await t.rejects(runIn(t, parts, { reporter: mixed }), { message: /two reporters would mix/ });
  await t.rejects(runIn(t, parts, { reporter: [{ name: 'tap', file: 'no/such/folder.tap' }] }), {
    message: /cannot write/,
  });
});

t.test('Ctrl-C ends the running labs and keeps what was measured', async (t) => {
  const parts = inFolderOf(t, { a: conforms, b: conforms });
  const listeners = process.listenerCount('SIGINT');
  const { measure } = parts.laboratory;
  parts.laboratory.measure = async (plan, options) => {
    if (plan.lab === 'b') process.emit('SIGINT');
    return measure(plan, options);
  };
  const { result } = await runIn(t, parts, { workers: 1 });
  t.equal(result, 130);
  t.match(lastResults(), { ended: 'interrupted', runs: [{ lab: 'a' }], notRun: ['b'] });
  t.equal(process.listenerCount('SIGINT'), listeners, 'nothing of it stays');
});

t.test('report prints earlier results again, in any format', async (t) => {
  const parts = inFolderOf(t, { good: conforms, bad: deviates });
  const { stdout } = await runIn(t, parts);
  const again = (folder?: string, reporter = [] as { name: string }[]) =>
    written(t, () => report(folder, { output: 'results', reporter }));
  t.equal((await again()).stdout.split('\n\n')[1], stdout.split('\n\n')[1], 'the same summary');
  t.match((await again('results/last', [{ name: 'tap' }])).stdout, /^TAP version 13\n1\.\.2\n/);
  await t.rejects(again('elsewhere'), { message: /no results in elsewhere/ });
  writeFileSync('results/last/results.json', '{"format": 2}');
  await t.rejects(again(), { message: /format 2/ });
});

t.test('list names every lab, or those that match', async (t) => {
  const parts = inFolderOf(t, { search: conforms, servers: conforms });
  const listed = async (grep?: RegExp) => (await written(t, () => list([], { grep }, parts))).stdout;
  t.equal(await listed(/search/), 'search  dns  must  What labs/search.yaml decides\n');
  t.equal((await listed()).split('\n').length, 3);
  t.equal((await listed(/8106/)).split('\n').length, 3, 'the source counts too');
});

t.test('plan prints the plan of a lab or of its variant', async (t) => {
  const parts = inFolderOf(t, { one: { ...conforms, controls: 1 } });
  const planned = async (variant?: string) =>
    JSON.parse((await written(t, () => plan('one', { variant, timers: 'real' }, parts))).stdout) as unknown;
  t.match(await planned(), { format: 1, lab: 'one', variant: '', timers: 'real' });
  t.match(await planned('control 1'), { variant: 'control 1' });
  await t.rejects(planned('control 2'), { message: /no variant control 2: there is \(none\), control 1/ });
});

t.test(
  'record writes practice for this kernel, says what changed, and is content with deviations',
  async (t) => {
    const parts = inFolderOf(t, { bad: deviates, good: conforms });
    const recorded = () => written(t, () => record([], { timers: 'fast', output: 'results' }, parts));
    const { result, stdout } = await recorded();
    const [kernel] = /^\d+\.\d+/.exec(release())!;
    const file = `practice/kernel/${kernel}.yaml`;
    t.equal(result, 0);
    t.match(stdout, `recorded in ${file}: `);
    t.match(stdout, /bad, web: deviates, .*\(no reason yet\)\n/);
    t.match(readFileSync(file, 'utf8'), /^bad:\n {2}"":\n {4}web:\n[\s\S]* {6}outcome: deviates\n/);
    parts.practiceOf = readPracticeOf;
    t.match((await recorded()).stdout, /bad, web: deviates, .*\(no reason yet\)/, 'until it has a reason');
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace('outcome: deviates', 'outcome: deviates\n      reason: known'),
    );
    t.match((await recorded()).stdout, /: nothing changed\n/);
  },
);

t.test('record writes nothing for half a suite', async (t) => {
  const parts = inFolderOf(t, { bug: { scripts: ['bug'] }, good: conforms });
  t.equal((await written(t, () => record([], { timers: 'fast', output: 'results' }, parts))).result, 70);
  t.notOk(existsSync('practice'));
});

t.test('a file of practice that is none is named, and nothing is started', async (t) => {
  const parts = inFolderOf(t, { good: conforms });
  mkdirSync('practice/kernel', { recursive: true });
  writeFileSync('practice/kernel/6.1.yaml', 'good: [1]');
  parts.practiceOf = readPracticeOf;
  await t.rejects(runIn(t, parts), { message: /^practice\/kernel\/6\.1\.yaml is no practice/ });
  t.same(parts.measured, []);
});
