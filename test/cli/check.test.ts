import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import t from 'tap';
import { labFilesBelow } from '../../src/suite/lab-files.ts';
import { mutated } from '../support/mutated-labs.ts';

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

t.test('300 mutated labs are right or wrong, and nothing else', async (t) => {
  const originals = labFilesBelow('labs').map((file) => readFileSync(file, 'utf8'));
  const seed = Math.floor(Math.random() * 2 ** 31);
  t.comment(`seed ${seed}`);
  const texts = fc.sample(mutated(originals), { numRuns: 300, seed });
  const folder = t.testdir(Object.fromEntries(texts.map((text, index) => [`${index}.yaml`, text])));
  const { status, stdout, stderr } = miflab('check', folder);
  if (status !== 0 && status !== 2) t.comment(stderr.slice(-500));
  t.ok(status === 0 || status === 2, `exit code ${status}`);
  const [right = 0, wrong = 0] = (stdout.match(/\d+/g) ?? []).map(Number);
  t.equal(right + wrong, 300, stdout);
  t.notMatch(stderr, /^\s+at /m);
});

t.test('schema prints the JSON Schema', async (t) => {
  const { status, stdout } = miflab('schema');
  t.equal(status, 0);
  t.equal(JSON.parse(stdout).$schema, 'http://json-schema.org/draft-07/schema#');
});
