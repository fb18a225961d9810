import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('../..', import.meta.url));
const miflab = (...words: string[]) =>
  spawnSync(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...words], {
    cwd: root,
    encoding: 'utf8',
  });

t.test('check ends with 0 where every lab is right', async (t) => {
  const { status, stdout, stderr } = miflab('check', 'labs/default-router');
  t.equal(status, 0);
  t.match(stdout, /^\d+ labs right\n$/);
  t.equal(stderr, '');
});

t.test('check ends with 2 and shows every file that is wrong, without a stack trace', async (t) => {
  const folder = t.testdir({
    'one.yaml': 'titel: x\n',
    'two.yaml': '',
    below: { 'three.yaml': 'a: [\n' },
  });
  const { status, stdout, stderr } = miflab(
    'check',
    folder,
    'missing.yaml',
    'test/fixtures/labs/preference.yaml',
  );
  t.equal(status, 2);
  t.equal(stdout, '1 lab right, 4 not\n');
  for (const place of [
    'one.yaml:1:1:',
    'two.yaml:1:1:',
    'below/three.yaml:',
    'error: no lab called missing.yaml',
  ])
    t.match(stderr, place);
  t.notMatch(stderr, /^\s+at /m);
});

t.test('check finds what only the plan of a lab can, at its place', async (t) => {
  const lab = readFileSync(`${root}/labs/default-router/preference-across-links.yaml`, 'utf8');
  const folder = t.testdir({
    'lab.yaml': lab.replace(
      '- settle:',
      '- send: { node: lte-router, link: lte, router-advertisement: { lifetime: 2d } }\n  - settle:',
    ),
  });
  const { status, stderr } = miflab('check', folder);
  t.equal(status, 2);
  t.match(stderr, /lab\.yaml:19:5: lifetime: 172800 does not fit into 16 bits\n {2}19 \| .*\n {5}\| +\^/);
});

t.test('schema prints the JSON Schema', async (t) => {
  const { status, stdout } = miflab('schema');
  t.equal(status, 0);
  t.equal(JSON.parse(stdout).$schema, 'http://json-schema.org/draft-07/schema#');
});
