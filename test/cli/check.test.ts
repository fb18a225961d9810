import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('../..', import.meta.url));
const miflab = (...words: string[]) =>
  spawnSync(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...words], {
    cwd: root,
    encoding: 'utf8',
  });

t.test('check ends with 0 where every lab is right', async (t) => {
  const { status, stdout, stderr } = miflab('check', 'test/fixtures/labs');
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
  for (const place of ['one.yaml:1:1:', 'two.yaml:1:1:', 'below/three.yaml:', 'missing.yaml: no lab there'])
    t.match(stderr, place);
  t.notMatch(stderr, /^\s+at /m);
});

t.test('schema prints the JSON Schema', async (t) => {
  const { status, stdout } = miflab('schema');
  t.equal(status, 0);
  t.equal(JSON.parse(stdout).$schema, 'http://json-schema.org/draft-07/schema#');
});
