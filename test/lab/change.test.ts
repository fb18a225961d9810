import fc from 'fast-check';
import t from 'tap';
import { applyChange, mergePatch, parsePath } from '../../src/lab/change.ts';
import { isMap } from '../../src/lab/problem.ts';

const lab = () => ({
  nodes: {
    a: { ra: { lte: { preference: 'high', mtu: 1400 } } },
    b: { sysctls: { 'net.ipv4.ip_forward': 1 } },
  },
  experiment: [{ probe: 1 }, { settle: true }],
});

t.test('paths have parts between dots, and quoted ones for keys with dots', async (t) => {
  t.strictSame(parsePath('nodes.lte-router.ra'), ['nodes', 'lte-router', 'ra']);
  t.strictSame(parsePath('experiment.1.settle'), ['experiment', '1', 'settle']);
  t.strictSame(parsePath('nodes.host.sysctls["net.ipv4.ip_forward"]'), [
    'nodes',
    'host',
    'sysctls',
    'net.ipv4.ip_forward',
  ]);
  t.strictSame(parsePath('["a.b"].c'), ['a.b', 'c']);
  for (const text of ['', '.', 'a.', '.a', 'a..b', 'a[0]', 'a["b]', 'a"b"', 'a["b"]c'])
    t.equal(parsePath(text), undefined, text);
});

t.test('a change sets, merges, removes and replaces', async (t) => {
  const cases: [string, unknown, (changed: ReturnType<typeof lab>) => unknown, unknown][] = [
    [
      'nodes.a.ra.lte.preference',
      'low',
      (changed) => changed.nodes.a.ra.lte,
      { preference: 'low', mtu: 1400 },
    ],
    [
      'nodes.a.ra.lte',
      { mtu: null, lifetime: '0s' },
      (changed) => changed.nodes.a.ra.lte,
      { preference: 'high', lifetime: '0s' },
    ],
    ['nodes.a.ra.lte.mtu', null, (changed) => changed.nodes.a.ra.lte, { preference: 'high' }],
    [
      'nodes.b.sysctls["net.ipv4.ip_forward"]',
      0,
      (changed) => changed.nodes.b.sysctls,
      { 'net.ipv4.ip_forward': 0 },
    ],
    [
      'experiment.1.settle',
      { routes: [] },
      (changed) => changed.experiment,
      [{ probe: 1 }, { settle: { routes: [] } }],
    ],
    ['experiment.0', null, (changed) => changed.experiment, [{ settle: true }]],
    ['experiment', [{ wait: {} }], (changed) => changed.experiment, [{ wait: {} }]],
  ];
  for (const [path, value, part, expected] of cases) {
    const original = lab();
    t.strictSame(part(applyChange(original, { [path]: value }) as ReturnType<typeof lab>), expected, path);
    t.strictSame(original, lab(), `${path} leaves the lab as it is`);
  }
});

t.test('several changes are made one after the other', async (t) => {
  const changed = applyChange(lab(), { 'nodes.c': { ra: {} }, 'nodes.c.ra.wifi': { mtu: 1280 } });
  t.match(changed, { nodes: { c: { ra: { wifi: { mtu: 1280 } } } } });
});

t.test('keys keep their order, in which addresses are given out', async (t) => {
  const changed = applyChange(lab(), { 'nodes.a.ra.lte.mtu': 1280 }) as ReturnType<typeof lab>;
  t.strictSame(Object.keys(changed.nodes), ['a', 'b']);
});

t.test('a path that leads nowhere is said to', async (t) => {
  const cases: [string, RegExp][] = [
    ['nodes.x.ra', /^nodes\.x does not exist$/],
    ['nodes.a.ra.lte.preference.x', /preference\.x does not exist$/],
    ['experiment.2', /^experiment\.2 does not exist$/],
    ['experiment.length', /does not exist$/],
    ['nodes.__proto__.polluted', /^nodes\.__proto__ does not exist$/],
    ['nodes.constructor.prototype', /^nodes\.constructor does not exist$/],
    ['a[0]', /is no path$/],
  ];
  for (const [path, message] of cases)
    t.throws(() => applyChange(lab(), { [path]: 1 }), { name: 'RangeError', message }, path);
});

const json = fc.jsonValue({ maxDepth: 4 });
const holdsNull = (value: unknown): boolean =>
  value === null || (isMap(value) && Object.values(value).some(holdsNull));

t.test('merging obeys the laws of a merge patch', async () => {
  fc.assert(
    fc.property(json, json, (target, patch) => {
      const before = JSON.stringify([target, patch]);
      const once = mergePatch(target, patch);
      t.strictSame(mergePatch(once, patch), once, 'twice is once');
      return JSON.stringify([target, patch]) === before;
    }),
    { numRuns: 200 },
  );
  fc.assert(
    fc.property(json, (target) => {
      t.strictSame(mergePatch(target, {}), isMap(target) ? target : {}, 'nothing changes nothing');
      if (!isMap(target)) t.strictSame(mergePatch({ a: 1 }, target), target, 'what is no map replaces');
      if (!holdsNull(target))
        t.strictSame(mergePatch({}, target), target, 'a map without null is its own patch');
      return true;
    }),
    { numRuns: 200 },
  );
});

t.test('nothing reaches a prototype', async (t) => {
  fc.assert(
    fc.property(fc.constantFrom('__proto__', 'constructor', 'prototype'), json, (key, value) => {
      const patch = JSON.parse(
        `{ "nodes": { ${JSON.stringify(key)}: { "polluted": ${JSON.stringify(value)} } } }`,
      );
      applyChange(lab(), patch);
      return !('polluted' in {});
    }),
  );
  t.notOk('polluted' in {});
});
