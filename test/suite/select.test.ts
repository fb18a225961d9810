import fc from 'fast-check';
import t from 'tap';
import { type LoadedLab, makeRuns } from '../../src/suite/make-runs.ts';
import type { RunRecord } from '../../src/suite/results.ts';
import { select } from '../../src/suite/select.ts';
import { makeFakePlan, makeFakeRun } from './fakes.ts';

const runs = [
  makeFakeRun('dns/search'),
  makeFakeRun('dns/search', { kind: 'control', variant: 'control 1' }),
  makeFakeRun('order/plug', { kind: 'order', variant: 'order wifi, lte' }),
  makeFakeRun('order/plug', { kind: 'order', variant: 'order lte, wifi' }),
];
const ids = (selection: Parameters<typeof select>[1], of = runs) =>
  select(of, selection).map(({ info }) => info.id);
const failed = (id: string, more: Partial<RunRecord> = {}) =>
  ({
    ...runs.find(({ info }) => info.id === id)!.info,
    outcome: 'deviates',
    unexpected: true,
    stability: 'stable',
    ...more,
  }) as RunRecord;

t.test('controls are run on request only', async (t) => {
  t.notOk(ids({ controls: false }).includes('dns/search · control 1'));
  t.ok(ids({ controls: true }).includes('dns/search · control 1'));
});

t.test('grep looks at names, titles, topics and sources', async (t) => {
  const labs = [
    makeFakeRun('dns/search'),
    makeFakeRun('egress/mark', { title: 'A mark', source: ['RFC 1122'] }),
  ];
  t.same(ids({ controls: false, grep: /SEARCH/i }, labs), ['dns/search']);
  t.same(ids({ controls: false, grep: /a mark/i }, labs), ['egress/mark']);
  t.same(ids({ controls: false, grep: /1122/ }, labs), ['egress/mark']);
});

t.test(
  'last-failed runs what needs another look: a control with its lab, and all orders of a lab',
  async (t) => {
    const lastFailed = (...records: RunRecord[]) => ids({ controls: false, lastFailed: records });
    t.same(lastFailed(failed('dns/search · control 1')), ['dns/search', 'dns/search · control 1']);
    t.same(lastFailed(failed('order/plug · order wifi, lte')), ids({ controls: false }).slice(1));
    t.same(lastFailed(failed('dns/search', { outcome: 'inconclusive', unexpected: false })), ['dns/search']);
    t.same(lastFailed(failed('dns/search', { unexpected: false, outcome: 'conforms', stability: 'flaky' })), [
      'dns/search',
    ]);
    t.same(lastFailed(failed('dns/search', { unexpected: false })), [], 'a recorded deviation is no failure');
  },
);

t.test('every lab is in exactly one shard, with all its orders, whatever the other labs are', async (t) => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,12}$/), { maxLength: 30 });
  fc.assert(
    fc.property(names, fc.integer({ min: 1, max: 7 }), (labs, count) => {
      const all = labs.flatMap((lab) => [
        makeFakeRun(lab, { variant: 'order a, b' }),
        makeFakeRun(lab, { variant: 'order b, a' }),
      ]);
      const shards = Array.from({ length: count }, (_, index) =>
        select(all, { controls: false, shard: { index: index + 1, count } }).map(({ info }) => info),
      );
      const labsOf = shards.map((shard) => new Set(shard.map(({ lab }) => lab)));
      return (
        shards.flat().length === all.length && labsOf.reduce((sum, { size }) => sum + size, 0) === labs.length
      );
    }),
  );
  t.pass();
});

t.test('a lab is run on every stack, in every variant, with positions and timers of its own', async (t) => {
  const lab = {
    title: 'T',
    topic: 'dns',
    level: 'must',
    source: 'RFC 1',
    timers: 'real',
    expect: { web: {} },
  };
  const loaded = {
    name: 'dns/search',
    file: 'labs/dns/search.yaml',
    lab,
    positionOf: (path: unknown[]) => ({ line: 10 + path.length, column: 3 }),
  } as unknown as LoadedLab;
  const made = makeRuns([loaded], {
    timers: 'fast',
    stacks: ['kernel', 'networkd'],
    wholeStackName: (name) => name,
    variantsOf: ({ lab }) => [
      { kind: 'lab', name: '', lab, steps: [], expectAt: ['expect'] },
      { kind: 'control', name: 'control 1', lab, steps: [], expectAt: ['control', 0, 'expect'] },
    ],
    planOf: ({ name }) => makeFakePlan(name),
  });
  t.same(
    made.map(({ info }) => info.id),
    ['dns/search', 'dns/search · control 1', 'dns/search · networkd', 'dns/search · control 1 · networkd'],
  );
  t.ok(
    made.every(({ info }) => info.timers === 'real'),
    'the lab decides about its timers',
  );
  t.match(made[0]!.info.positions, { '': { line: 10 }, web: { line: 12 } });
  t.match(made[1]!.info.positions, { web: { line: 14 } });
});
