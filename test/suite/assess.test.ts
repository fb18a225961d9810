import t from 'tap';
import { decide } from '../../src/decision/decide.ts';
import type { Expectation } from '../../src/lab/schema.ts';
import { makeAssess } from '../../src/suite/assess.ts';
import { findOrderDependence } from '../../src/suite/compare-orders.ts';
import { isUnexpected, summarize } from '../../src/suite/outcome.ts';
import { recordPractice } from '../../src/suite/record-practice.ts';
import type { RunInfo, RunRecord } from '../../src/suite/results.ts';
import type { Run } from '../../src/suite/run.ts';
import { decisionsIn, type Practice } from '../../src/verdict/practice.ts';
import { asked, done, planFor, question, udp } from '../support/two-links.ts';
import { makeFakeRun, measurementOf } from './fakes.ts';

const plan = planFor(udp);
const overLink = (link: 'wifi' | 'lte') => ({
  ...measurementOf(),
  timeline: [asked(), question(1, 1, link), done()],
});
const runThatExpects = (web: Expectation, more: Partial<RunInfo> = {}, level = 'must'): Run => {
  const run = makeFakeRun('egress/a', more);
  return { ...run, plan, lab: { ...run.lab, level, expect: { web } } as Run['lab'] };
};
const nothingRecorded = makeAssess(() => ({}));
const control = { kind: 'control', variant: 'control 1' } as const;

/** The record of a run that was assessed once. */
const recordOf = (run: Run, link: 'wifi' | 'lte', assess = nothingRecorded): RunRecord => {
  const { verdicts, practice } = assess(run, overLink(link));
  const { lab, variant, stack, timers } = run.info;
  const result = { lab, variant, stack, timers, verdicts, timing: { total: 1 } };
  const unexpected = isUnexpected(result, practice);
  const attempt = { repetition: 1, retry: 0, result, practice, outcome: verdicts[0]!.outcome, unexpected };
  return { ...run.info, ...summarize([attempt]), attempts: [attempt] };
};

t.test('a lab is judged by what its wire shows', async (t) => {
  const run = runThatExpects({ link: 'lte' });
  t.match(nothingRecorded(run, overLink('lte')), { verdicts: [{ probe: 'web', outcome: 'conforms' }] });
  t.match(nothingRecorded(run, overLink('wifi')), {
    verdicts: [{ probe: 'web', outcome: 'deviates', reason: /expected link lte, saw link wifi: packet 1/ }],
  });
});

t.test('a machine that lacks something makes a lab unsupported, not inconclusive', async (t) => {
  const failure = { kind: 'machine', message: 'the kernel has no netem', remedy: '' } as const;
  t.match(nothingRecorded(runThatExpects({ link: 'lte' }), measurementOf(failure)), {
    verdicts: [{ outcome: 'unsupported', reason: 'the kernel has no netem' }],
  });
});

t.test('a control must come out as it says and otherwise than its lab', async (t) => {
  const lab = decide(plan, overLink('lte').timeline);
  const outcomes = (web: Expectation, link: 'wifi' | 'lte', reference?: typeof lab) =>
    nothingRecorded(runThatExpects(web, control, 'none'), overLink(link), reference).verdicts.map(
      ({ outcome }) => outcome,
    );
  t.same(outcomes({ link: 'wifi' }, 'wifi', lab), ['conforms']);
  t.same(outcomes({ link: 'wifi' }, 'lte', lab), ['deviates'], 'not as it says, though no RFC decides');
  t.same(
    outcomes({ link: 'lte' }, 'lte', lab),
    ['conforms', 'deviates'],
    'as it says, and the same as the lab',
  );
  t.same(outcomes({ link: 'lte' }, 'lte'), ['conforms'], 'nothing to differ from was measured');
});

t.test('what is recorded decides whether a deviation is expected', async (t) => {
  const run = runThatExpects({ link: 'lte' });
  const { practice } = recordPractice([recordOf(run, 'wifi')], {}, {});
  const assess = makeAssess(() => practice);
  t.match(recordOf(run, 'wifi'), { outcome: 'deviates', unexpected: true });
  t.match(recordOf(run, 'wifi', assess), { outcome: 'deviates', unexpected: false });
  t.match(
    recordOf(run, 'lte', assess),
    { outcome: 'conforms', unexpected: true },
    'a change for the better is a change',
  );
});

t.test('recording keeps reasons and what was not run, and says what changed', async (t) => {
  const run = runThatExpects({ link: 'lte' });
  const first = recordPractice([recordOf(run, 'wifi')], {}, {});
  t.match(first.changes, [
    { run: 'egress/a', probe: 'web', before: undefined, now: /^deviates, .*link wifi/, unexplained: true },
  ]);

  const explained = structuredClone(first.practice);
  explain(explained, 'known since Linux 2.6');
  const kept: Practice = { ...explained, 'dns/other': {} };
  const same = recordPractice([recordOf(run, 'wifi')], kept, kept);
  t.same(same, { practice: kept, changes: [] });

  const better = recordPractice([recordOf(run, 'lte')], kept, kept);
  t.match(better.changes, [
    { before: /^deviates, .*link wifi/, now: /^conforms, .*link lte/, unexplained: false },
  ]);
});

/** Gives the reason for the deviation that is recorded, and for a variation. */
const explain = (practice: Practice, reason: string): void => {
  const recorded = practice['egress/a']!['']!.web!;
  for (const one of decisionsIn(recorded)) if (one.outcome === 'deviates') one.reason = reason;
  if ('varies' in recorded) recorded.varies = reason;
};

t.test(
  'repetitions that differ are recorded as practice that varies, and each of them is expected then',
  async (t) => {
    const run = runThatExpects({ link: 'lte' });
    const repeated = (...links: ('wifi' | 'lte')[]): RunRecord => {
      const attempts = links.map((link, index) => ({
        ...recordOf(run, link).attempts[0]!,
        repetition: index + 1,
      }));
      return { ...run.info, ...summarize(attempts), attempts };
    };
    const first = recordPractice([repeated('wifi', 'lte', 'wifi')], {}, {});
    t.match(first.changes, [{ now: /conforms, .*link lte.* \| deviates, .*link wifi/, unexplained: true }]);
    t.match(first.practice['egress/a'], { '': { web: { varies: '', 'one-of': [{}, {}] } } });

    explain(first.practice, 'a hash chooses');
    const { practice, changes } = recordPractice([repeated('lte', 'lte')], first.practice, first.practice);
    t.same(practice, first.practice, 'what it is known to decide is kept where it was not seen');
    t.same(changes, []);

    const assess = makeAssess(() => practice);
    for (const link of ['wifi', 'lte'] as const) {
      const record = recordOf(run, link, assess);
      t.equal(record.unexpected, false);
      t.match(record.attempts[0]!.practice, [{ state: 'as recorded', varies: 'a hash chooses' }]);
    }
    const other = structuredClone(practice);
    const varying = other['egress/a']!['']!.web!;
    for (const one of decisionsIn(varying)) one.decision.link = `${one.decision.link} of old`;
    t.match(
      recordOf(
        run,
        'lte',
        makeAssess(() => other),
      ),
      { unexpected: true },
      'a decision that is not among them',
    );
  },
);

t.test('another kernel lends its reasons, but not its decisions', async (t) => {
  const run = runThatExpects({ link: 'lte' });
  const { practice: older } = recordPractice([recordOf(run, 'wifi')], {}, {});
  explain(older, 'known since Linux 2.6');
  const { practice } = recordPractice([recordOf(run, 'wifi')], { ...older, 'dns/other': {} }, {});
  t.match(practice, { 'egress/a': { '': { web: { reason: 'known since Linux 2.6' } } } });
  t.notOk('dns/other' in practice);
});

t.test('controls are no practice', async (t) => {
  const { practice, changes } = recordPractice(
    [recordOf(runThatExpects({ link: 'lte' }, control), 'lte')],
    {},
    {},
  );
  t.same([practice, changes], [{}, []]);
});

t.test('the orders of a lab are compared on each stack', async (t) => {
  const order = (variant: string, link: 'wifi' | 'lte', stack = 'kernel') =>
    recordOf(runThatExpects({ link: 'lte' }, { kind: 'order', variant, stack }), link);
  const found = findOrderDependence([
    order('order wifi, lte', 'wifi'),
    order('order lte, wifi', 'lte'),
    order('order wifi, lte', 'lte', 'networkd'),
    order('order lte, wifi', 'lte', 'networkd'),
  ]);
  t.match(found, [
    { lab: 'egress/a', stack: 'kernel', dependent: true, sentence: /order wifi, lte → .*link wifi/ },
    { stack: 'networkd', dependent: false },
  ]);
});
