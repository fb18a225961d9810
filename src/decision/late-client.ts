/** A client that came so late to its question that its deadline cut short what it does with it. Pure. */
import type { Decision } from './decision.ts';
import { type Asked, during } from './packets.ts';

/** Of its time, what a client may take to begin: labs give at least twice what is to be seen. */
const BEGINS_WITHIN = 1 / 2;

/** It is the machine then that was slow; what the client tried in the time that was left looked like another decision. */
export const lateClient = (asked: Asked): Pick<Decision, 'unclear'> => {
  const { probe, packets, answers, from } = asked;
  if (!('by' in probe.question) || !answers.some(({ unended }) => unended)) return {};
  // Where the next hop is silent, looking for it is all that is seen.
  const first = packets
    .filter(during(asked))
    .find(({ node, headers: { udp, tcp, arp, nd } }) => node === probe.node && (udp ?? tcp ?? arp ?? nd));
  if (first && first.at - from <= probe.withinMs * BEGINS_WITHIN) return {};
  const began = first
    ? `sent its first packet after ${Math.round(first.at - from)} ms`
    : 'sent nothing in all';
  return {
    unclear: `${probe.question.by} ${began} of the ${probe.withinMs} ms that it has: this machine is too slow for it now`,
  };
};
