import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { SuiteEvent } from '../../src/suite/results.ts';
import { runSuite } from '../../src/suite/run-suite.ts';
import { fakeLaboratory, makeFakeRun, type Scripted, suiteOptions } from './fakes.ts';

const suite = (scripts: Record<string, Scripted[]>, options = {}) => {
  const laboratory = fakeLaboratory(scripts);
  const runs = Object.keys(scripts).map((lab) => makeFakeRun(lab));
  return runSuite(runs, suiteOptions(options), laboratory, {}).then((results) => ({ results, laboratory }));
};

t.test('the exit code says the gravest of what happened', async (t) => {
  const table: [Scripted[][], number, string][] = [
    [[['conforms'], ['permitted']], 0, 'what conforms or is permitted'],
    [[['deviates recorded']], 0, 'a deviation that is recorded'],
    [[['conforms'], ['unsupported']], 0, 'a lab that is unsupported beside one that is not'],
    [[['conforms'], ['deviates']], 1, 'a deviation that nobody recorded'],
    [[['changed']], 1, 'a practice that changed'],
    [[['inconclusive'], ['conforms']], 3, 'a lab without a clear answer'],
    [[[{ kind: 'daemon', message: 'radvd died', daemon: 'r.ra', lastOutput: [] }]], 3, 'a daemon that died'],
    [[['unsupported'], ['unsupported']], 4, 'nothing measured at all'],
    [
      [[{ kind: 'machine', message: 'no nft', remedy: 'apt-get install nftables' }], ['inconclusive']],
      4,
      'a machine that lacks something',
    ],
    [[['inconclusive'], ['deviates']], 1, 'a deviation before an inconclusive lab'],
    [[['bug'], ['deviates']], 70, 'a bug before everything else'],
  ];
  for (const [scripts, exitCode, title] of table) {
    const { results } = await suite(
      Object.fromEntries(scripts.map((script, index) => [`topic/${index}`, script])),
    );
    t.equal(results.exitCode, exitCode, title);
  }
});

t.test('a failure keeps a lab from conforming, whatever its probes say', async (t) => {
  const laboratory = fakeLaboratory({ 'dns/a': [{ kind: 'evidence', message: '3 packets dropped' }] });
  laboratory.assess = () => ({ verdicts: [{ probe: 'web', outcome: 'conforms', reason: '' }], practice: [] });
  const results = await runSuite([makeFakeRun('dns/a')], suiteOptions(), laboratory, {});
  t.equal(results.runs[0]?.outcome, 'inconclusive');
});

t.test('what is thrown on the way is a bug of miflab, with its stack', async (t) => {
  const { results } = await suite({ 'dns/a': ['bug'] });
  t.match(results.runs[0]?.attempts[0]?.result.failure, { kind: 'bug', message: /no such thing\n\s+at / });
});

t.test(
  'evidence that cannot be written is what the machine lacks, and no verdict stands without it',
  async (t) => {
    const laboratory = fakeLaboratory({ 'dns/a': ['conforms'] });
    laboratory.store = (folder) => writeFile(join('/dev/full', folder), 'packets');
    const results = await runSuite([makeFakeRun('dns/a')], suiteOptions(), laboratory, {});
    t.equal(results.exitCode, 4);
    t.match(results.runs[0]?.attempts[0]?.result, {
      verdicts: [],
      failure: { kind: 'machine', message: /^the evidence cannot be written: ENOTDIR/, remedy: /--output/ },
    });
  },
);

t.test('a retry that passes is flaky and passes; one that does not is no better than before', async (t) => {
  const { results, laboratory } = await suite(
    { 'dns/flaky': ['deviates', 'conforms'], 'dns/bad': ['deviates'], 'dns/good': ['conforms'] },
    { retries: 2 },
  );
  t.match(results.runs, [
    { stability: 'flaky', outcome: 'conforms', unexpected: false, attempts: { length: 2 }, decisive: 1 },
    { stability: 'stable', outcome: 'deviates', unexpected: true, attempts: { length: 3 } },
    { stability: 'stable', outcome: 'conforms', attempts: { length: 1 } },
  ]);
  t.equal(
    laboratory.measured.filter((lab) => lab === 'dns/good').length,
    1,
    'what passes is not tried again',
  );
});

t.test('an inconclusive lab is retried too', async (t) => {
  const { results } = await suite({ 'dns/a': ['inconclusive', 'inconclusive', 'conforms'] }, { retries: 2 });
  t.match(results, { exitCode: 0, runs: [{ stability: 'flaky', attempts: { length: 3 } }] });
});

t.test('an unsupported lab is not retried', async (t) => {
  const { laboratory } = await suite({ 'dns/a': ['unsupported'] }, { retries: 3 });
  t.same(laboratory.measured, ['dns/a']);
});

t.test('repetitions that differ are unstable, and the worst counts', async (t) => {
  const { results } = await suite(
    { 'dns/a': ['conforms', 'deviates', 'conforms'], 'dns/b': ['conforms'] },
    { repeat: 3 },
  );
  t.match(results.runs, [
    { stability: 'unstable', outcome: 'deviates', attempts: { length: 3 } },
    { stability: 'stable', outcome: 'conforms', attempts: { length: 3 } },
  ]);
  t.equal(results.exitCode, 1);
});

t.test('the same outcome by another decision is unstable too', async (t) => {
  const { results } = await suite({ 'dns/a': ['permitted', 'changed'] }, { repeat: 2 });
  t.equal(results.runs[0]?.stability, 'unstable');
});

t.test('bail starts nothing more after so many labs that need a look', async (t) => {
  const scripts = {
    'a/1': ['deviates'],
    'a/2': ['inconclusive'],
    'a/3': ['conforms'],
    'a/4': ['conforms'],
  } as const;
  for (const [bail, made] of [
    [1, 1],
    [2, 2],
    [3, 4],
  ] as const) {
    const { results } = await suite(scripts as never, { bail, workers: 1 });
    t.equal(results.runs.length, made, `bail ${bail}`);
    t.equal(results.notRun.length, 4 - made);
    t.equal(results.ended, bail < 3 ? 'bail' : 'complete');
  }
});

t.test('an interruption reports what was measured before, and not what it cut short', async (t) => {
  const controller = new AbortController();
  const laboratory = fakeLaboratory({});
  const runs = ['a/1', 'a/2', 'a/3', 'a/4'].map((lab) => makeFakeRun(lab));
  const { measure } = laboratory;
  laboratory.measure = async (plan, options) => {
    if (plan.lab === 'a/3') controller.abort();
    return measure(plan, options);
  };
  const options = suiteOptions({ workers: 1, signal: controller.signal });
  const results = await runSuite(runs, options, laboratory, {});
  t.match(results, { exitCode: 130, ended: 'interrupted', notRun: ['a/3', 'a/4'] });
  t.same(
    results.runs.map(({ lab }) => lab),
    ['a/1', 'a/2'],
  );
});

t.test('no more labs run at once than there are workers', async (t) => {
  let running = 0;
  let most = 0;
  const laboratory = fakeLaboratory({});
  const { measure } = laboratory;
  laboratory.measure = async (plan, options) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    return measure(plan, options);
  };
  const runs = Array.from({ length: 20 }, (_, index) => makeFakeRun(`a/${index}`));
  const results = await runSuite(runs, suiteOptions({ workers: 3 }), laboratory, {});
  t.equal(most, 3);
  t.equal(results.runs.length, 20);
});

t.test(
  'the longest start first, those never timed before all; results keep the order of the labs',
  async (t) => {
    const laboratory = fakeLaboratory({});
    const runs = ['a/short', 'a/new', 'a/long'].map((lab) => makeFakeRun(lab));
    const durations = { 'a/short': 10, 'a/long': 9000 };
    const results = await runSuite(runs, suiteOptions({ workers: 1, durations }), laboratory, {});
    t.same(laboratory.measured, ['a/new', 'a/long', 'a/short']);
    t.same(
      results.runs.map(({ lab }) => lab),
      ['a/short', 'a/new', 'a/long'],
    );
  },
);

t.test('a listener hears the start, what each lab does, each result and the end', async (t) => {
  const heard: string[] = [];
  const tell = (event: SuiteEvent) => heard.push(event.kind === 'activity' ? event.activity : event.kind);
  await runSuite([makeFakeRun('a/1')], suiteOptions(), fakeLaboratory({}), {
    onStart: ({ runs }) => heard.push(`start ${runs.length}`),
    onEvent: tell,
    onResult: ({ id }) => heard.push(`result ${id}`),
    onEnd: ({ exitCode }) => heard.push(`exit ${exitCode}`),
  });
  t.same(heard, ['start 1', 'begin', 'plug in wifi', 'end', 'result a/1', 'exit 0']);
});

t.test('the evidence of every attempt has a folder of its own', async (t) => {
  const folders: string[] = [];
  const laboratory = fakeLaboratory({ 'a/1': ['deviates'] });
  laboratory.store = async (folder) => void folders.push(folder);
  const runs = [makeFakeRun('a/1'), makeFakeRun('a/1', { variant: 'order wifi, lte', stack: 'networkd' })];
  await runSuite(runs, suiteOptions({ repeat: 2, retries: 1, workers: 1 }), laboratory, {});
  t.equal(new Set(folders).size, folders.length);
  t.equal(folders.length, 8);
  t.ok(folders.includes('results/now/a/1/lab'));
  t.ok(folders.includes('results/now/a/1/order-wifi-lte-networkd-repetition-2-retry-1'));
});

t.test('a control waits for what was decided in its lab, and starts behind it', async (t) => {
  const decision = { probe: 'web', sent: true, packets: [], contradictions: [] };
  const laboratory = fakeLaboratory({});
  const references: unknown[] = [];
  laboratory.assess = ({ info }, _measurement, reference) => {
    if (info.kind === 'control') references.push(reference);
    const outcome = info.lab === 'a/unclear' ? 'inconclusive' : 'conforms';
    return { verdicts: [{ probe: 'web', outcome, reason: '', decision }], practice: [] };
  };
  const labs = ['a/clear', 'a/unclear', 'a/alone'];
  const runs = labs.flatMap((lab) => [
    makeFakeRun(lab, { kind: 'control', variant: 'control 1' }),
    ...(lab === 'a/alone' ? [] : [makeFakeRun(lab)]),
  ]);
  const results = await runSuite(runs, suiteOptions({ workers: 1 }), laboratory, {});
  t.same(references, [[decision], undefined, undefined]);
  t.equal(results.runs.length, 5, 'none waits for ever');
});

t.test('a repetition without a clear answer counts, whatever the others say', async (t) => {
  const { results } = await suite(
    { 'dns/a': ['deviates recorded', 'inconclusive', 'conforms'] },
    { repeat: 3 },
  );
  t.match(results, { exitCode: 3, runs: [{ outcome: 'inconclusive', stability: 'unstable', decisive: 1 }] });
});
