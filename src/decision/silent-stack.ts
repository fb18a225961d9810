/** Of a lab whose wait was in vain: the daemons of the host's stack that said nothing since what it waited upon. Pure. */
import type { TimelineEvent } from '../evidence/timeline.ts';
import type { Plan } from '../plan/plan.ts';

/** A sentence for each: one that hangs looks like this, and so may one that never says anything. */
export const silentStack = (plan: Plan, timeline: TimelineEvent[]): string[] => {
  const steps = timeline.filter((event) => event.kind === 'step');
  const waiting = steps.at(-1);
  if (waiting?.phase !== 'begin' || plan.steps[waiting.index]?.kind !== 'wait') return [];
  const trigger = steps.findLast(
    ({ phase, index }) => phase === 'begin' && plan.steps[index]?.kind !== 'wait',
  );
  const heard = new Set(
    timeline.flatMap((event) => (event.kind === 'log' && event.at > (trigger?.at ?? 0) ? event.daemon : [])),
  );
  return plan.daemons
    .filter(({ id, node }) => node === plan.host.node && runsAtTheEnd(id, timeline) && !heard.has(id))
    .map(({ id, program }) => `${id} (${program}) has said nothing since the step before: it may hang`);
};

const runsAtTheEnd = (id: string, timeline: TimelineEvent[]): boolean => {
  const last = timeline.findLast((event) => event.kind === 'daemon' && event.daemon === id);
  return last?.kind === 'daemon' && last.what !== 'exited';
};
