import t from 'tap';
import type { Decision } from '../../src/decision/decision.ts';
import { judgeControl } from '../../src/verdict/control.ts';
import { judge } from '../../src/verdict/judge.ts';
import { compareOrders } from '../../src/verdict/order.ts';
import {
  comparePractice,
  practiceFileFor,
  readPractice,
  recordOf,
  writePractice,
} from '../../src/verdict/practice.ts';
import { planFor, udp } from '../support/two-links.ts';

const plan = planFor(udp);
const over = (link: string): Decision => ({
  probe: 'web',
  sent: true,
  router: `${link}-router`,
  link,
  sourceNetwork: link,
  packets: [41, 44],
  contradictions: [],
});
const lte = { web: { router: 'lte-router', link: 'lte' } };

t.test('the level decides what a match and a mismatch are called', async (t) => {
  const outcomes = (['must', 'should', 'may', 'none'] as const).map((level) =>
    [over('lte'), over('wifi')].map((one) => judge(plan, [one], lte, level)[0]!.outcome),
  );
  t.same(outcomes, [
    ['conforms', 'deviates'],
    ['conforms', 'deviates'],
    ['conforms', 'permitted'],
    ['permitted', 'permitted'],
  ]);
});

t.test('the reason names what differs and the packets', async (t) => {
  t.equal(
    judge(plan, [over('wifi')], lte, 'must')[0]!.reason,
    'expected router lte-router, link lte, saw router wifi-router, link wifi: packets 41, 44',
  );
});

t.test('unclear or never asked is inconclusive, also where nothing is prescribed', async (t) => {
  t.match(judge(plan, [{ ...over('lte'), unclear: 'the capture dropped 2 packets' }], lte, 'none'), [
    { outcome: 'inconclusive', reason: /dropped 2/ },
  ]);
  t.match(judge(plan, [], lte, 'must'), [{ outcome: 'inconclusive', reason: /never asked/ }]);
});

t.test(
  'of several, the one that happened is recorded; an expected contradiction must be there',
  async (t) => {
    t.match(judge(plan, [over('wifi')], { web: { 'one-of': [{ link: 'lte' }, { link: 'wifi' }] } }, 'must'), [
      { outcome: 'conforms', seen: 'link wifi' },
    ]);
    t.match(judge(plan, [over('wifi')], { web: { contradiction: true } }, 'must'), [{ outcome: 'deviates' }]);
  },
);

t.test('a control must come out as it says, and otherwise than the lab', async (t) => {
  const control = (main: string, seen: string) =>
    judgeControl([over(main)], [over(seen)], judge(plan, [over(seen)], lte, 'none'), lte).ok;
  const outage = { web: { outage: { below: '5s' } } };
  const short = { ...over('lte'), outageMs: 90 };
  const longer = () =>
    judgeControl([{ ...short, outageMs: 80 }], [short], judge(plan, [short], outage, 'must'), outage).ok;
  t.equal(longer(), false);
  t.same([control('wifi', 'lte'), control('lte', 'lte'), control('lte', 'wifi')], [true, false, false]);
});

t.test('orders that differ are told apart from orders that do not', async (t) => {
  const run = (link: string) => ({ variant: `order ${link}`, decisions: [over(link)] });
  t.match(compareOrders([run('wifi'), run('lte')]), { dependent: true });
  t.match(compareOrders([run('lte'), { ...run('lte'), variant: 'other' }]), { dependent: false });
  t.equal(compareOrders([run('lte')]), undefined);
});

t.test('practice: written and read again it is the same; another decision is a change', async (t) => {
  const [deviation] = judge(plan, [over('wifi')], lte, 'must');
  const recorded = recordOf([deviation!])!;
  const again = readPractice(writePractice({ lab: { '': { web: recorded } } })).lab!['']!.web;
  t.match(comparePractice(deviation!, again), { state: 'as recorded' });
  t.match(comparePractice(deviation!, undefined), { state: 'not recorded' });
  t.match(comparePractice(judge(plan, [over('lte')], lte, 'must')[0]!, again), { state: 'changed' });
});

t.test('practice that varies: a hand-written one is read, half a one is not', async (t) => {
  const of = (more: string) => `lab: { "": { web: { ${more} } } }`;
  const one = (router: string) => `{ outcome: conforms, decision: { router: ${router} } }`;
  const text = of(`varies: a hash chooses, one-of: [${one('a')}, ${one('b')}]`);
  t.match(readPractice(text), { lab: { '': { web: { varies: 'a hash chooses' } } } });
  t.throws(() => readPractice(of(`varies: a hash chooses, one-of: [${one('a')}]`)));
  t.throws(() => readPractice(of(`one-of: [${one('a')}, ${one('b')}]`)));
});

t.test('the practice of a kernel is its own, else the nearest older, else the nearest', async (t) => {
  const available = ['6.1.yaml', '6.12.yaml', '6.18.yaml'];
  t.same(practiceFileFor('6.18.5-amd64', available), { file: '6.18.yaml', exact: true });
  t.same(practiceFileFor('6.13.0', available), { file: '6.12.yaml', exact: false });
  t.same(practiceFileFor('5.10.0', available), { file: '6.1.yaml', exact: false });
});
