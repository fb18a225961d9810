import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import t from 'tap';
import { Parser } from 'tap-parser';
import { github } from '../../src/report/github.ts';
import { json } from '../../src/report/json.ts';
import { junit } from '../../src/report/junit.ts';
import { ktap } from '../../src/report/ktap.ts';
import { tap } from '../../src/report/tap.ts';
import { memory, oneOfEverything, resultsOf } from './fakes.ts';
import { readKtap } from './ktap-parser.ts';

const has = (program: string) => spawnSync('which', [program]).status === 0;

/** prove reads a file as a test that printed it. */
const prove = (folder: string, text: string) => {
  const file = join(folder, 'miflab.tap');
  writeFileSync(file, text);
  return spawnSync('prove', ['--source', 'File', '--exec', 'cat', file], { encoding: 'utf8' });
};

t.test('TAP says of each run what a TAP reader must know', async (t) => {
  const output = memory();
  await resultsOf(oneOfEverything, tap(output));
  const points: Record<string, { ok: boolean; skip?: unknown; todo?: unknown; diag?: unknown }> = {};
  const parser = new Parser((final) => {
    t.equal(final.count, 9);
    t.equal(final.plan.end, 9);
    t.equal(final.failures.filter(({ tapError }) => tapError).length, 0, 'well-formed');
  });
  parser.on('assert', (point) => {
    points[point.name] = point;
  });
  parser.end(output.text);
  t.match(points, {
    'dns/conforms': { ok: true, skip: false, todo: false, diag: { outcome: 'conforms', level: 'must' } },
    'dns/permitted': { ok: true },
    'dns/recorded': { ok: false, todo: /recorded deviation: web: expected/ },
    'egress/unsupported': { ok: true, skip: /no netem/ },
    'egress/inconclusive': { ok: false, todo: false },
    'egress/died': { ok: false, diag: { reasons: /radvd ended by itself\nr.ra \| <bad> & .*#1\n/ } },
    'order/flaky': { ok: true, diag: { outcome: 'conforms (flaky)', attempts: 'inconclusive, conforms' } },
    'order/deviates': { ok: false, todo: false, diag: { reasons: /packets 41, 44/ } },
    'order/changed': { ok: false, todo: false, diag: { outcome: 'permitted (practice changed)' } },
  });
});

t.test('a name with # and \\ stays a name', async (t) => {
  const output = memory();
  await resultsOf({ 'dns/a # SKIP \\ b': ['deviates'] }, tap(output));
  const [point] = Parser.parse(output.text).flatMap(([type, value]) => (type === 'assert' ? [value] : []));
  t.match(point, { ok: false, skip: false });
});

t.test('KTAP keeps the rules of the kernel, and says of each run what its CI must know', async (t) => {
  const output = memory();
  await resultsOf(oneOfEverything, ktap(output));
  const tests = Object.fromEntries(readKtap(output.text).map((test) => [test.description, test]));
  t.match(tests, {
    'dns/conforms': { result: 'ok', directive: undefined },
    'dns/permitted': { result: 'ok', directive: undefined },
    'dns/recorded': { result: 'ok', directive: 'XFAIL', diagnostics: [/web: expected/] },
    'egress/unsupported': { result: 'ok', directive: 'SKIP', about: /no netem/ },
    'egress/inconclusive': { result: 'not ok', directive: 'ERROR' },
    'egress/died': { result: 'not ok', directive: 'ERROR', diagnostics: [/radvd ended by itself/] },
    'order/flaky': { result: 'ok' },
    'order/deviates': { result: 'not ok', directive: undefined, diagnostics: [/packets 41, 44/] },
    'order/changed': { result: 'not ok', directive: undefined },
  });
});

t.test(
  'KTAP has a subtest for each of several probes, and a test fails where one of them does',
  async (t) => {
    const { runs } = await resultsOf({ 'dns/a # SKIP': ['deviates'] });
    const [run] = runs as [(typeof runs)[0]];
    const [attempt] = run.attempts as [(typeof run.attempts)[0]];
    const verdicts = [
      { probe: 'web', outcome: 'conforms', reason: '' },
      { probe: 'mail', outcome: 'deviates', reason: 'another # link' },
      { probe: 'known', outcome: 'deviates', reason: 'as ever' },
      { probe: 'late', outcome: 'inconclusive', reason: 'two\nlines # here' },
    ] as const;
    const practice = [{ probe: 'known', state: 'as recorded' }] as const;
    const several = {
      ...run,
      decisive: 0,
      attempts: [
        { ...attempt, practice: [...practice], result: { ...attempt.result, verdicts: [...verdicts] } },
      ],
    };
    const output = memory();
    const reporter = ktap(output);
    reporter.onStart!({ runs: [several], workers: 1, folder: '' });
    reporter.onResult!(several);
    t.match(readKtap(output.text), [
      {
        result: 'not ok',
        description: 'dns/a SKIP',
        directive: undefined,
        subtests: [
          { description: 'web', result: 'ok' },
          { description: 'mail', result: 'not ok', directive: undefined },
          { description: 'known', result: 'ok', directive: 'XFAIL' },
          { description: 'late', result: 'not ok', directive: 'ERROR', about: 'two lines here' },
        ],
      },
    ]);
  },
);

t.test('a suite of which not all was run is no whole KTAP, and says why', async (t) => {
  const output = memory();
  await resultsOf({ 'dns/a': ['deviates'], 'dns/b': ['conforms'] }, ktap(output), { bail: 1, retries: 0 });
  t.match(output.text, /^# bail: 1 not run$/m);
  t.throws(() => readKtap(output.text), /2 planned, 1 told of/);
});

t.test('prove passes what has nothing unexpected, and fails the rest', { skip: !has('prove') }, async (t) => {
  const {
    'dns/conforms': conforms,
    'dns/recorded': recorded,
    'egress/unsupported': unsupported,
  } = oneOfEverything;
  const good = memory();
  await resultsOf({ conforms: conforms!, recorded: recorded!, unsupported: unsupported! }, tap(good));
  const passed = prove(t.testdir(), good.text);
  t.equal(passed.status, 0, passed.stdout);
  const bad = memory();
  await resultsOf(oneOfEverything, tap(bad));
  t.match(prove(t.testdir(), bad.text).stdout, /Failed 4\/9 subtests/);
});

t.test('TAP that was cut short bails out', async (t) => {
  const output = memory();
  await resultsOf({ 'a/1': ['deviates'], 'a/2': ['conforms'] }, tap(output), { bail: 1, retries: 0 });
  t.match(output.text, /\nBail out! bail, 1 not run\n$/);
});

t.test('JUnit counts and names what a CI server shows', async (t) => {
  const output = memory();
  await resultsOf(oneOfEverything, junit(output));
  t.match(output.text, /<testsuites name="miflab" tests="9" failures="2" errors="2" skipped="2"/);
  t.match(output.text, /<testsuite name="egress" tests="3" failures="0" errors="2" skipped="1"/);
  t.match(
    output.text,
    /<testcase name="order\/deviates"[\s\S]*?<failure message="web: expected router lte-router/,
  );
  t.match(output.text, /<testcase name="order\/flaky"[\s\S]*?<flakyFailure /);
  t.notOk(output.text.includes('\u0007'), 'no character that XML cannot have');
  if (!has('xmllint')) return;
  const file = join(t.testdir(), 'junit.xml');
  writeFileSync(file, output.text);
  const schema = 'test/report/junit.xsd';
  const { status, stderr } = spawnSync('xmllint', ['--noout', '--schema', schema, file], {
    encoding: 'utf8',
  });
  t.equal(status, 0, stderr);
});

t.test('GitHub annotates the line of the expectation, each annotation on one line', async (t) => {
  const output = memory();
  await resultsOf({ ...oneOfEverything, 'dns/a, 100%': ['deviates'] }, github(output));
  const lines = output.text.trimEnd().split('\n');
  t.equal(lines.length, 8, 'all but the two that are as they should be');
  t.ok(
    lines.every((line) =>
      /^::(error|warning|notice) file=labs\/[^,]*\.yaml,line=\d+,col=\d+,title=[^,]*::.+$/.test(line),
    ),
  );
  const about = (lab: string) => lines.find((line) => line.includes(lab));
  t.match(about('order/deviates'), /^::error .*line=30,col=3/);
  t.match(about('egress/died'), /^::warning .*line=1,.*%0Ar\.ra \| /);
  t.match(about('dns/recorded'), /^::notice /);
  t.match(about('100%'), /file=labs\/dns\/a%2C 100%25\.yaml/);
});

t.test('JSON is the results as they are, and can be printed again', async (t) => {
  const output = memory();
  const results = await resultsOf(oneOfEverything, json(output));
  t.same(JSON.parse(output.text), JSON.parse(JSON.stringify(results)));
  t.equal(JSON.parse(output.text).format, 1);
});

t.test('JSON has the members of its schema and no others, and each is explained', async (t) => {
  const schema = JSON.parse(readFileSync('docs/results.schema.json', 'utf8'));
  const names = new Set<string>();
  const closed = JSON.parse(JSON.stringify(schema), (_, value) => {
    if (value?.properties === undefined) return value;
    for (const name of Object.keys(value.properties)) names.add(name);
    return { ...value, additionalProperties: false };
  });
  // Times are read by people and by Date.parse.
  const validate = new Ajv({
    allErrors: true,
    formats: { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) },
  }).compile(closed);
  const compareOrders = () => [
    {
      lab: 'dns/conforms',
      stack: 'kernel',
      kernel: 'host',
      dependent: false,
      sentence: 'the same in every order',
    },
  ];
  const results = await resultsOf(oneOfEverything, {}, { compareOrders });
  t.ok(validate(JSON.parse(JSON.stringify(results))), JSON.stringify(validate.errors, null, 2));

  const page = readFileSync('docs/results.md', 'utf8');
  for (const name of names) t.match(page, new RegExp(`\x60(result\\.)?${name}\x60`), name);
});
