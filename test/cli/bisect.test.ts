/** Bisecting kernels of which each is a file that says what is decided on it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type BisectOptions, bisect } from '../../src/cli/bisect.ts';
import type { Parts } from '../../src/cli/parts.ts';
import { KernelUnavailable } from '../../src/suite/kernel.ts';
import { inFolderOf, written } from './fakes.ts';

/** What each word in a kernel's file comes to. */
const WAYS = { old: 'conforms', new: 'deviates', broken: 'inconclusive', third: 'permitted' } as const;

function bisecting(t: Test) {
  const labs = Object.fromEntries(
    Object.entries(WAYS).map(([name, outcome]) => [name, { scripts: [outcome] }]),
  );
  const fake = inFolderOf(t, { preference: { scripts: ['bug'] }, ...labs });
  const tested: string[] = [];
  const parts: Parts = {
    ...fake,
    kernelsThere: () => ['k-5.10', 'k-6.1.5', 'k-6.1.9', 'k-6.6', 'k-6.9', 'k-6.12', 'k-7.0'],
    kernelVersion: async (name) => name.slice(2),
    openKernel: async (name) => {
      const says = readFileSync(name, 'utf8').trim();
      tested.push(name);
      if (!(says in WAYS)) throw new KernelUnavailable(`${name} does not come up`);
      return {
        name,
        release: '6.1',
        how: 'a file',
        machine: fake.machine,
        measure: (plan, options) => fake.laboratory.measure({ ...plan, lab: says }, options),
        close: async () => {},
      };
    },
  };
  const run = (options: Partial<BisectOptions>) =>
    written(t, () =>
      bisect(
        'preference',
        { good: '6.1', bad: '6.12', timers: 'fast', output: 'results', ...options },
        parts,
      ),
    );
  const kernels = (says: Record<string, string>) => {
    for (const [name, word] of Object.entries(says)) writeFileSync(name, `${word}\n`);
  };
  return { run, kernels, tested, parts };
}

t.test('among kernels that are there the change is found between two versions', async (t) => {
  const { run, kernels, tested } = bisecting(t);
  kernels({ 'k-6.1.9': 'old', 'k-6.6': 'old', 'k-6.9': 'new', 'k-6.12': 'new' });
  const { result, stdout } = await run({});
  t.equal(result, 0);
  t.equal(
    stdout,
    `6.1.9 k-6.1.9: good (conforms: web sent true, router conforms)
6.12 k-6.12: bad (deviates: web sent true, router deviates)
6.6 k-6.6: good (conforms: web sent true, router conforms)
6.9 k-6.9: bad (deviates: web sent true, router deviates)

it changed between 6.6 k-6.6 and 6.9 k-6.9
`,
    'of 6.1 the latest, of 6.12 the first; the others are not touched',
  );
  t.same(tested, ['k-6.1.9', 'k-6.12', 'k-6.6', 'k-6.9']);
});

t.test(
  'a kernel that decides in a third way is bad, and one that cannot be tested is stepped over',
  async (t) => {
    const { run, kernels } = bisecting(t);
    kernels({
      'k-6.1.5': 'old',
      'k-6.1.9': 'broken',
      'k-6.6': 'no kernel',
      'k-6.9': 'third',
      'k-6.12': 'new',
    });
    const { result, stdout, stderr } = await run({ good: '6.1.5' });
    t.equal(result, 0);
    t.match(
      stdout,
      /between 6\.1\.5 k-6\.1\.5 and 6\.9 k-6\.9; could not be tested: 6\.1\.9 k-6\.1\.9, 6\.6 k-6\.6/,
    );
    t.match(stderr, /k-6\.6 does not come up/);
    t.match(stderr, /: inconclusive: \S/, 'why a lab came to no decision');
  },
);

t.test(
  'nothing is bisected where the ends do not differ, cannot be tested, or stand in the wrong order',
  async (t) => {
    const { run, kernels } = bisecting(t);
    kernels({ 'k-6.1.9': 'old', 'k-6.12': 'old', 'k-6.9': 'broken' });
    const same = await run({});
    t.equal(same.result, 3);
    t.match(same.stderr, /6\.12 k-6\.12 decides as the good kernel does/);
    const broken = await run({ bad: '6.9' });
    t.equal(broken.result, 3);
    t.match(broken.stderr, /6\.9 k-6\.9 cannot be tested/);
    await t.rejects(run({ good: '6.12', bad: '6.1' }), { message: /must be older than the bad one/ });
    await t.rejects(run({ build: 'make' }), { message: /--tree/ });
    await t.rejects(run({ tree: '.', build: 'make' }), { message: /both or none/ });
  },
);

/** A history of one file, a commit for each word. */
function treeOf(words: string[]): string {
  mkdirSync('linux');
  const git = (...args: string[]) => {
    const { status, stderr } = spawnSync(
      'git',
      ['-C', 'linux', '-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(stderr);
  };
  git('init', '--quiet', '--initial-branch', 'main');
  words.forEach((word, index) => {
    writeFileSync('linux/source', `${word}\n${index}\n`);
    git('add', 'source');
    git('commit', '--quiet', '-m', `${word} ${index}`);
    git('tag', `v${index}`);
  });
  return 'linux';
}
const stateOf = (tree: string) =>
  spawnSync(
    'sh',
    ['-c', 'git status --short --branch --untracked-files=no; git bisect log 2>&1; git log -1 --format=%s'],
    {
      cwd: tree,
      encoding: 'utf8',
    },
  ).stdout;
/** 'unbuildable' fails. */
const build = 'grep -q unbuildable source && exit 1; head -n 1 source > image';
const inGit = { good: 'v0', bad: 'v7', tree: 'linux', build, image: 'image' };

t.test('in a git tree the first bad commit is found, and the tree is as it was', async (t) => {
  const { run } = bisecting(t);
  const tree = treeOf(['old', 'old', 'old', 'unbuildable', 'old', 'new', 'new', 'new']);
  const before = stateOf(tree);
  const { result, stdout } = await run(inGit);
  t.equal(result, 0);
  t.match(stdout, /^[0-9a-f]+ old 0: good .*\n[0-9a-f]+ new 7: bad /);
  t.match(stdout, /unbuildable 3: cannot be built\n/);
  t.match(stdout, /\nthe first bad commit: [0-9a-f]+ new 5\n$/);
  t.equal(stateOf(tree), before);
});

t.test('commits that cannot be tested beside the change are all named', async (t) => {
  const { run } = bisecting(t);
  const tree = treeOf(['old', 'old', 'broken', 'unbuildable', 'new', 'new', 'new', 'new']);
  const before = stateOf(tree);
  const { stdout } = await run(inGit);
  t.match(stdout, /one of these, .*\n(.*\n)*.* broken 2\n/);
  t.match(stdout, / new 4\n/);
  t.equal(stateOf(tree), before);
});

t.test('a tree that is changed, already bisected, or has no such revision is left alone', async (t) => {
  const { run } = bisecting(t);
  const tree = treeOf(['old', 'new']);
  await t.rejects(run({ ...inGit, bad: 'v9' }), { message: /checkout .*v9/ });
  t.match(stateOf(tree), /## main\n.*not bisecting/);
  await t.rejects(run({ ...inGit, tree: '/proc' }), { message: /git status.*not a git repository/ });
  writeFileSync(join(tree, 'source'), 'mine\n');
  await t.rejects(run({ ...inGit, bad: 'v1' }), { message: /not committed/ });
  t.equal(readFileSync(join(tree, 'source'), 'utf8'), 'mine\n');
  spawnSync('git', ['checkout', '-q', 'source'], { cwd: tree });
  spawnSync('git', ['bisect', 'start'], { cwd: tree });
  await t.rejects(run({ ...inGit, bad: 'v1' }), { message: /git bisect reset ends it/ });
});
