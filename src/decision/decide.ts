import { reverseName } from '../evidence/dns.ts';
import type { TimelineEvent } from '../evidence/timeline.ts';
import type { Plan } from '../plan/plan.ts';
import { decideFetch } from './attempts.ts';
import type { Decision } from './decision.ts';
import { decideNames } from './dns.ts';
import { decideIce } from './ice.ts';
import { decideInbound } from './inbound.ts';
import { lateClient } from './late-client.ts';
import { decideOutbound } from './outbound.ts';
import { type Asked, askedOf, packetsOf } from './packets.ts';

/** What the stack decided, probe by probe, for the probes that were asked. */
export const decide = (plan: Plan, timeline: TimelineEvent[]): Decision[] => {
  const packets = packetsOf(timeline);
  const dropped = timeline.reduce((sum, event) => sum + (event.kind === 'capture' ? event.dropped : 0), 0);
  return plan.steps
    .flatMap((step) => (step.kind === 'probe' ? [askedOf(plan, step.probe, timeline, packets)] : []))
    .filter(({ attempts }) => attempts.length > 0)
    .map((asked) => ({ ...decideOne(asked), ...clientOf(asked), ...lateClient(asked) }))
    .map((decision) =>
      dropped > 0 ? { ...decision, unclear: `the capture dropped ${dropped} packets` } : decision,
    );
};

const decideOne = (asked: Asked): Decision => {
  const { question } = asked.probe;
  switch (question.kind) {
    case 'inbound':
      return decideInbound(asked, question);
    case 'query':
    case 'resolve':
      return decideNames(asked, question.name);
    case 'reverse':
      return decideNames(asked, reverseName(question.address));
    case 'ice':
      return decideIce(asked);
    case 'fetch': {
      const { servers } = decideNames(asked, new URL(question.url).hostname);
      return { ...decideFetch(asked, question.port), ...(servers?.length && { servers }) };
    }
    default:
      return decideOutbound(asked);
  }
};

const clientOf = ({ answers }: Asked): Pick<Decision, 'client'> => {
  const client = answers.findLast((answer) => answer.client)?.client;
  return client ? { client } : {};
};
