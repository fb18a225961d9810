import type { HostAnswer } from '../evidence/timeline.ts';
import type { Plan } from '../plan/plan.ts';
import { addressesOf, nodeNamed } from './places.ts';
import type { Way } from './way.ts';

/**
 * Where the host's own answer says otherwise than the wire, a sentence each. Where it has changed its mind about the
 * packet's time, either of what it said is right: a lifetime ran out before the packet, or a redirect came back.
 */
export const contradictionsOf = (plan: Plan, answer: HostAnswer, way: Way, answered: boolean): string[] => {
  const before = sentences(plan, answer, way, answered);
  if (before.length === 0 || !answer.routeAfter) return before;
  const after = sentences(plan, { ...answer, route: answer.routeAfter }, way, answered);
  return after.length < before.length ? after : before;
};

const sentences = (plan: Plan, answer: HostAnswer, way: Way, answered: boolean): string[] => {
  const { socketAddress, route, error } = answer;
  const said: [what: string, host: string | undefined, wire: string, agrees: boolean][] = [
    ['source', socketAddress && `${socketAddress} (getsockname)`, way.source, socketAddress === way.source],
    [
      'link',
      route?.interface && `${route.interface} (ip route get)`,
      way.link,
      route?.interface === way.link,
    ],
    ['source', route?.source && `${route.source} (ip route get)`, way.source, route?.source === way.source],
    [
      'next hop',
      route?.interface && `${route.via ?? 'on-link'} (ip route get)`,
      way.router,
      sameHop(plan, route?.via, way),
    ],
    ['error', error, 'an answer', !answered],
  ];
  return said
    .filter(([, host, , agrees]) => host && !agrees)
    .map(([what, host, wire]) => `the host says ${what} ${host}, the wire shows ${wire}`);
};

const sameHop = (plan: Plan, via: string | undefined, { router, link }: Way): boolean => {
  if (via === undefined) return router === 'on-link';
  const node = nodeNamed(plan, router);
  return node !== undefined && addressesOf(node, link).includes(via);
};
