import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import t from 'tap';
import { Parser } from 'tap-parser';
import { github } from '../../src/report/github.ts';
import { json } from '../../src/report/json.ts';
import { junit } from '../../src/report/junit.ts';
import { tap } from '../../src/report/tap.ts';
import { memory, oneOfEverything, resultsOf } from './fakes.ts';

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
  const { status, stderr } = spawnSync('xmllint', ['--noout', file], { encoding: 'utf8' });
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
