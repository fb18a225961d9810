import { stripVTControlCharacters } from 'node:util';
import t from 'tap';
import { standardOutput } from '../../src/report/output.ts';
import { plain, runLines } from '../../src/report/plain.ts';
import { progress } from '../../src/report/progress.ts';
import { summaryOf } from '../../src/report/summary.ts';
import { duration, truncate } from '../../src/report/text.ts';
import { runSuite } from '../../src/suite/run-suite.ts';
import { fakeLaboratory, makeFakeRun, makeInfo, type Scripted, suiteOptions } from '../suite/fakes.ts';
import { memory, oneOfEverything, resultsOf } from './fakes.ts';

const summary = async (scripts: Parameters<typeof resultsOf>[0], options = {}) =>
  summaryOf(await resultsOf(scripts, {}, options), memory());

t.test('the summary tells each kind of finding apart, with its reason', async (t) => {
  const text = await summary(oneOfEverything);
  const chapters = text.split(/\n(?=[A-Z])/).map((chapter) => chapter.trim());
  const about = (title: string) => chapters.find((chapter) => chapter.startsWith(title)) ?? '';
  t.match(about('Unsupported'), /^Unsupported here\n {2}the kernel has no netem\n {4}egress\/unsupported$/);
  t.match(about('Deviates, as recorded'), /dns\/recorded[\s\S]*packets 41, 44[\s\S]*known since Linux 2\.6/);
  t.match(about('Flaky'), /order\/flaky[\s\S]*1 of 2: inconclusive[\s\S]*1 of 2: conforms/);
  t.match(about('Inconclusive'), /egress\/inconclusive[\s\S]*egress\/died[\s\S]*r\.ra \| <bad>/);
  t.match(
    about('Differs'),
    /order\/deviates[\s\S]*order\/changed[\s\S]*recorded practice was router wifi-router/,
  );
  t.match(text, /9 labs, 9 runs: 2 conform, 2 permitted, 1 unsupported, 2 inconclusive, 2 deviate\n/);
  t.match(text, /2 unexpected/);
  t.match(text, /evidence and results: results\/now/);
});

t.test('what needs another look is counted, and the evidence of each is named', async (t) => {
  const text = await summary(oneOfEverything);
  t.match(text, /\n2 unexpected, 2 inconclusive, 1 flaky\n/);
  t.notMatch(text, 'nothing unexpected');
  t.match(text, /egress\/inconclusive .*\n[\s\S]*? {4}evidence: results\/now\/egress\/inconclusive\/lab/);
  t.match(text, /\nagain: .*miflab.* run --last-failed\nto accept .* record LAB\n$/);
  const inconclusive = await summary({ 'dns/a': ['inconclusive'], 'dns/b': ['conforms'] });
  t.match(inconclusive, /\n1 inconclusive\n/);
  t.notMatch(inconclusive, /nothing unexpected|to accept/);
});

t.test('what is known to vary is told with its reason, and is nothing unexpected', async (t) => {
  const text = await summary({ 'dns/a': ['conforms varying'], 'dns/b': ['conforms'] });
  t.match(
    text,
    /^Varies from run to run, as recorded\n {2}dns\/a .*\n.*\n {4}web: varies from run to run: A hash chooses\. Known: router wifi-router/,
  );
  t.match(text, /\nnothing unexpected\n/);
});

t.test(
  'of several stacks the table has a letter for each decision, and a sign for what varies',
  async (t) => {
    const on = (stack: string) => makeFakeRun('dns/a', { stack, id: `dns/a · ${stack}` });
    const stacks = ['kernel', 'dhclient', 'networkd'];
    const scripts: Scripted[] = ['conforms', 'deviates recorded', 'conforms varying'];
    const results = await runSuite(
      stacks.map(on),
      suiteOptions({ retries: 0, workers: 1 }),
      fakeLaboratory({ 'dns/a': scripts }),
      {},
    );
    const text = summaryOf(results, memory());
    t.match(text, /\n {2}1 kernel .*\n {2}2 dhclient .*\n {2}3 networkd .*\n/);
    t.match(
      text,
      /\ndns\/a +✓a ✗b ✓~\n {4}a: web .*router conforms\n {4}b: web .*router deviates recorded\n\n/,
    );
  },
);

t.test('what many labs lack is said once', async (t) => {
  const lacking = [{ kind: 'machine', message: 'the kernel has no netem', remedy: '' } as const];
  const text = await summary({ 'dns/a': lacking, 'dns/b': lacking, 'dns/c': ['conforms'] });
  t.match(text, /^Unsupported here\n {2}the kernel has no netem\n {4}dns\/a, dns\/b\n\n/);
});

t.test('topics stand beside each other where there are several', async (t) => {
  const text = await summary(oneOfEverything);
  t.match(text, /\n {8}conforms {2}permitted {2}unsupported {2}inconclusive {2}deviates\n/);
  t.match(text, /\ndns +1 +1 +· +· +1\n/);
});

t.test('on a terminal a long sentence goes on below what it belongs to', async (t) => {
  const results = await resultsOf({ 'dns/recorded': ['deviates recorded'] });
  const narrow = memory({ size: () => ({ columns: 40, rows: 20 }) });
  const text = summaryOf(results, narrow);
  t.match(text, /\n {4}web: expected .*\n {6}\S/);
  const story = text.slice(0, text.indexOf('\n\n')).split('\n');
  t.same(
    story.filter((line) => line.length > 40),
    [],
  );
});

t.test('labs on several stacks make a table that marks what they decide differently', async (t) => {
  const results = await resultsOf({ 'dns/same': ['conforms'], 'dns/other': ['conforms'] });
  const [same, other] = results.runs;
  const onStack = (run: typeof same, stack: string, link: string) => {
    const copy = structuredClone({ ...run!, stack });
    const [verdict] = copy.attempts[0]!.result.verdicts;
    verdict!.decision = { ...verdict!.decision!, link };
    copy.attempts[0]!.result.product = {
      kernel: '6.18',
      manager: `${stack} 1`,
      resolver: 'glibc',
      timers: 'fast',
    };
    return copy;
  };
  const runs = [
    onStack(same, 'kernel', 'wifi'),
    onStack(same, 'networkd@trixie', 'wifi'),
    onStack(other, 'kernel', 'wifi'),
    onStack(other, 'networkd@trixie', 'lte'),
  ];
  const text = summaryOf({ ...results, runs }, memory());
  t.match(
    text,
    / 1 kernel \(kernel 1, Linux 6\.18\.44\)\n {2}2 networkd@trixie \(networkd@trixie 1, Linux 6\.18\.44\)\n/,
  );
  t.match(text, /^dns\/same {3}✓ {2}✓$/m);
  t.match(text, /^dns\/other {2}✓a ✓b$/m);
  t.match(text, /^ {4}a: .*link wifi.*\n {4}b: .*link lte/m);
  t.notMatch(summaryOf({ ...results, runs: runs.slice(0, 1) }, memory()), 'letters');
  const onKernels = [runs[0]!, { ...runs[0]!, kernel: 'debian:sid', release: '7.2.13' }];
  t.match(
    summaryOf({ ...results, runs: onKernels }, memory()),
    / 1 kernel \(kernel 1, Linux 6\.18\.44\)\n {2}2 kernel on debian:sid \(.*Linux 7\.2\.13\)\n/,
  );
});

t.test('where nothing is remarkable, the summary is the counts', async (t) => {
  const text = await summary({ 'dns/a': ['conforms'], 'dns/b': ['conforms'] });
  t.match(text, /^2 labs, 2 runs: 2 conform\nnothing unexpected\ntook /);
});

t.test('of virtual time people read how much passed, in how much of their own', async (t) => {
  const results = await resultsOf({ 'dns/slow': ['conforms'] });
  const [run] = results.runs;
  const attempts = run!.attempts.map((attempt) => ({
    ...attempt,
    result: { ...attempt.result, timing: { total: 6100, virtual: 172_800_000 } },
  }));
  const virtual = { ...run!, attempts, timers: 'virtual' as const };
  t.match(runLines(virtual, memory()), /^✓ conforms {2}dns\/slow {2}2 d in 6\.1 s\n/);
  t.match(
    summaryOf({ ...results, runs: [virtual, virtual] }, memory()),
    /\ntook .* with virtual timers, .*in which 4 d of virtual time passed\n/,
  );
});

t.test("a control holds or fails, and a bug of miflab is nobody else's", async (t) => {
  const scripts = { 'dns/good': ['conforms'], 'dns/bad': ['deviates'], 'dns/bug': ['bug'] } as const;
  const results = await resultsOf(scripts as never, {}, { retries: 0 });
  const asControls = results.runs.map((run) => ({ ...run, kind: 'control' as const }));
  const text = summaryOf({ ...results, runs: asControls }, memory());
  t.match(text, /3 controls: 1 holds, 1 inconclusive, 1 fails/);
  t.match(text, /Control that does not come out as it must\n {2}dns\/bad/);
  t.match(text, /A bug of miflab.*\n {2}dns\/bug .*\n {4}What dns\/bug decides\n {4}Error: no such thing/);
  t.notMatch(text, /^Inconclusive/m);
});

t.test('the summary says what was not run, and why', async (t) => {
  t.match(
    await summary({ 'a/1': ['deviates'], 'a/2': ['conforms'] }, { bail: 1 }),
    /1 not run: stopped by --bail/,
  );
});

t.test('an any-order lab whose decision depends on the order says what came out in each', async (t) => {
  const sentence =
    'the decision depends on the order: wifi, lte → router wifi-router | lte, wifi → router lte-router';
  const compareOrders = () => [
    { lab: 'order/plug', stack: 'kernel', kernel: 'host', dependent: true, sentence },
  ];
  const text = await summary({ 'order/plug': ['permitted'] }, { compareOrders });
  t.match(
    text,
    /Order-dependent\n {2}order\/plug on kernel\n {4}the decision depends on the order: wifi, lte → /,
  );
});

t.test('plain writes a line per run and no escape sequence', async (t) => {
  const output = memory();
  await resultsOf(oneOfEverything, plain(output));
  t.match(output.text, /^9 runs, 1 at once\n✓ conforms {2}dns\/conforms {2}500 ms\n/);
  t.match(output.text, /\n≠ deviates \(recorded\) {2}dns\/recorded/);
  t.match(output.text, /\n✗ permitted \(practice changed\) {2}order\/changed/);
  t.notMatch(output.text, '\x1b');
  t.notMatch(output.text, '\u0007', 'not even that of a daemon');
});

t.test('progress without a terminal is plain', async (t) => {
  const outputs = [memory(), memory()] as const;
  for (const [index, reporter] of [plain, progress].entries())
    await resultsOf(oneOfEverything, reporter(outputs[index]!));
  const withoutTime = (text: string) => text.replace(/took .*/, '');
  t.equal(withoutTime(outputs[1].text), withoutTime(outputs[0].text));
});

t.test(
  'progress on a terminal shows what runs and what it waits for, and leaves only results behind',
  async (t) => {
    const output = memory({ interactive: true, color: true, size: () => ({ columns: 60, rows: 6 }) });
    const reporter = progress(output);
    const runs = ['a/1', 'a/2', 'a/3', 'a/4', 'a/5'].map((lab) => makeInfo(lab));
    reporter.onStart?.({ runs, workers: 5, folder: 'results/now' });
    for (const run of runs) reporter.onEvent?.({ kind: 'begin', run });
    reporter.onEvent?.({
      kind: 'activity',
      run: runs[0]!,
      activity: `waiting for lte-router.ra ${'x'.repeat(80)}`,
    });
    const results = await resultsOf({ 'a/1': ['conforms'] });
    reporter.onResult?.(results.runs[0]!);
    t.match(output.text, /ms {2}a\/1: waiting for lte-router\.ra x+…/);
    t.match(output.text, /1 of 5 finished, 5 running, 2 more\n$/, 'no more lines than there is room for');
    const plainLines = stripVTControlCharacters(output.text).split('\n');
    t.ok(
      plainLines.every((line) => line.length <= 60),
      'no line is wider than the terminal',
    );
    reporter.onEnd?.(results);
    t.notMatch(output.text.slice(output.text.lastIndexOf('\x1b[J')), 'running', 'nothing of it stays');
  },
);

t.test('colour and drawing are for terminals that want them', async (t) => {
  const stream = {
    isTTY: true,
    columns: 100,
    rows: 50,
    write: () => true,
  } as unknown as typeof process.stdout;
  const pipe = { write: () => true } as unknown as typeof process.stdout;
  const table: [typeof stream, NodeJS.ProcessEnv, color: boolean, interactive: boolean][] = [
    [stream, {}, true, true],
    [stream, { NO_COLOR: '1' }, false, true],
    [stream, { TERM: 'dumb' }, false, false],
    [stream, { CI: 'true' }, true, false],
    [pipe, {}, false, false],
    [pipe, { FORCE_COLOR: '1' }, true, false],
  ];
  for (const [to, environment, color, interactive] of table) {
    t.match(standardOutput(to, environment), { color, interactive }, JSON.stringify(environment));
  }
  t.equal(
    standardOutput(pipe, {}).size().columns,
    Number.POSITIVE_INFINITY,
    'nothing breaks the lines of a log',
  );
  t.equal(standardOutput(pipe, { COLUMNS: '100' }).size().columns, 100);
});

t.test('durations and texts fit people', async (t) => {
  const hour = 3_600_000;
  t.same(
    [3, 999.6, 1000, 12_440, 200_000, 3_599_999, hour, 12.5 * hour, 48 * hour + 9, 51 * hour].map(duration),
    ['3 ms', '1000 ms', '1.0 s', '12.4 s', '3 min 20 s', '60 min', '1 h', '12 h 30 min', '2 d', '2 d 3 h'],
  );
  t.equal(truncate('abcdef', 4), 'abc…');
  t.equal(truncate('abcd', 4), 'abcd');
});
