import t from 'tap';
import type { Decision } from '../../src/decision/decision.ts';
import { stableDecision } from '../../src/verdict/stable.ts';

const over = (link: string) => ({
  router: `${link}-router`,
  link,
  source: '2001:db8::1',
  sourceNetwork: link,
});

const spread = (first: string, ...links: string[]): Decision => ({
  probe: 'web',
  sent: true,
  ...over(first),
  answered: true,
  distribution: links.map((link) => ({ ...over(link), count: 32 })),
  packets: [1, 2],
  contradictions: [],
});

t.test('which way the first of many destinations takes is not what they decide together', async (t) => {
  const decided = stableDecision(spread('wifi', 'wifi', 'lte'));
  t.same(decided, stableDecision(spread('lte', 'lte', 'wifi')));
  t.same(decided, {
    sent: true,
    answered: true,
    distribution: ['lte-router over lte from lte', 'wifi-router over wifi from wifi'],
  });
});

t.test('where all destinations take one way, it is the decision', async (t) => {
  t.match(stableDecision(spread('lte', 'lte')), {
    router: 'lte-router',
    link: 'lte',
    source: 'lte',
    distribution: ['lte-router over lte from lte'],
  });
});
