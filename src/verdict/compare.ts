/** Each member of an expected decision against the decision. Pure. */
import type { Decision, ServerAsked } from '../decision/decision.ts';
import { addressesOf, networkOf, nodeNamed } from '../decision/places.ts';
import type { ExpectedDecision } from '../lab/schema.ts';
import { canonical, contains, milliseconds } from '../plan/addresses.ts';
import type { Plan } from '../plan/plan.ts';

export interface Comparison {
  member: keyof ExpectedDecision;
  expected: string;
  seen: string;
  matches: boolean;
}

type Way = { link?: string; source?: string; sourceNetwork?: string };

/** What the expectation leaves out may be anything. */
export const compare = (plan: Plan, decision: Decision, expected: ExpectedDecision): Comparison[] =>
  (Object.keys(expected) as (keyof ExpectedDecision)[])
    .filter((member) => expected[member] !== undefined)
    .map((member) => ({
      member,
      expected: text(expected[member]),
      seen: text(seenOf(decision, member)),
      matches: matches(plan, decision, expected, member),
    }));

const matches = (
  plan: Plan,
  decision: Decision,
  expected: ExpectedDecision,
  member: keyof ExpectedDecision,
): boolean => {
  switch (member) {
    case 'source':
      return isSource(plan, decision, expected.source!);
    case 'destination':
      return isAddress(plan, decision.destination, expected.destination!);
    case 'order':
      return sameOrder(plan, decision.order, expected.order!);
    case 'first':
      return isAddress(plan, decision.order?.[0], expected.first!);
    case 'reply':
      return isReply(plan, replyOf(decision), expected.reply!);
    case 'routers':
      return sameSet(
        decision.distribution?.map(({ router }) => router),
        expected.routers!,
      );
    case 'links':
      return sameSet(
        decision.distribution?.map(({ link }) => link),
        expected.links!,
      );
    case 'sources':
      return sameSources(plan, decision.distribution, expected.sources!);
    case 'outage':
      return isWithin(decision.outageMs, expected.outage!);
    case 'candidates':
      return sameSequence(plan, candidateWays(decision), expected.candidates!);
    case 'missing':
      return sameSources(plan, decision.missing?.map(asWay(plan)), expected.missing!);
    case 'fallback':
      return isWithin(decision.fallbackMs, expected.fallback!);
    case 'contradiction':
      return decision.contradictions.length > 0 === expected.contradiction;
    default:
      return JSON.stringify(seenOf(decision, member)) === JSON.stringify(expected[member]);
  }
};

/** A member of the decision as an expectation names it. */
export const seenOf = (decision: Decision, member: keyof ExpectedDecision): unknown => {
  switch (member) {
    case 'hop-limit':
      return decision.hopLimit;
    case 'first':
      return decision.order?.[0];
    case 'servers':
      return decision.servers && [...new Set(decision.servers.map(({ server }) => server))];
    case 'source':
      return (
        decision.source &&
        (decision.sourceNetwork ? `${decision.sourceNetwork} (${decision.source})` : decision.source)
      );
    case 'reply':
      return decision.reply?.sent === false ? 'none' : replyOf(decision);
    case 'routers':
      return decision.distribution && [...new Set(decision.distribution.map(({ router }) => router))];
    case 'links':
      return decision.distribution && [...new Set(decision.distribution.map(({ link }) => link))];
    case 'sources':
      return (
        decision.distribution && [
          ...new Set(decision.distribution.map(({ source, sourceNetwork }) => sourceNetwork ?? source)),
        ]
      );
    case 'candidates':
      return candidateWays(decision)?.map(
        ({ source, sourceNetwork }) => `${sourceNetwork ?? 'nowhere'} (${source})`,
      );
    case 'unique-priorities':
      return decision.uniquePriorities;
    case 'asked':
      return decision.servers && distinctInTime(decision.servers, ({ name }) => name);
    case 'transports':
      return decision.servers && distinctInTime(decision.servers, ({ transport }) => transport);
    case 'outage':
      return inMilliseconds(decision.outageMs);
    case 'fallback':
      return inMilliseconds(decision.fallbackMs);
    case 'contradiction':
      return decision.contradictions.length > 0;
    default:
      return decision[member];
  }
};

const candidateWays = ({ candidates }: Decision): Way[] | undefined =>
  candidates?.map(({ address, network }) => ({ source: address, sourceNetwork: network }));

const asWay =
  (plan: Plan) =>
  (source: string): Way => ({ source, sourceNetwork: networkOf(plan, source) });

const sameSequence = (plan: Plan, seen: Way[] | undefined, expected: string[]): boolean =>
  seen?.length === expected.length && seen.every((way, index) => isSource(plan, way, expected[index]!));

const inMilliseconds = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : `${Math.round(ms)} ms`;

/** What the queries have of a kind, each once, in order of the first. */
const distinctInTime = (
  servers: ServerAsked[],
  of: (query: ServerAsked['queries'][number]) => string,
): string[] => [
  ...new Set(
    servers
      .flatMap(({ queries }) => queries)
      .toSorted((a, b) => a.afterMs - b.afterMs)
      .map(of),
  ),
];

/** A network of the plan, an address, or a prefix. With equal prefixes on two links only the link tells them apart. */
const isSource = (plan: Plan, { source, sourceNetwork }: Way, expected: string): boolean => {
  if (plan.links.some(({ name }) => name === expected)) return sourceNetwork === expected;
  if (source === undefined) return false;
  return expected.includes('/') ? contains(expected, source) : source === canonical(expected);
};

const isAddress = (plan: Plan, seen: string | undefined, expected: string): boolean => {
  if (seen === undefined) return false;
  const node = nodeNamed(plan, expected);
  return node ? addressesOf(node).includes(seen) : seen === canonical(expected);
};

const sameOrder = (plan: Plan, seen: string[] | undefined, expected: string[]): boolean =>
  seen?.length === expected.length && expected.every((one, index) => isAddress(plan, seen[index], one));

/** Of a probe that the host sent, the way by which the answer came. */
const replyOf = ({ reply, arrival }: Decision): Decision['reply'] =>
  reply ?? (arrival && { sent: true, ...arrival });

const isReply = (
  plan: Plan,
  seen: Decision['reply'],
  expected: NonNullable<ExpectedDecision['reply']>,
): boolean => {
  if (expected === 'none') return seen?.sent === false;
  if (!seen?.sent) return false;
  return (
    (expected.router === undefined || seen.router === expected.router) &&
    (expected.link === undefined || seen.link === expected.link) &&
    (expected.source === undefined || isSource(plan, seen, expected.source))
  );
};

const sameSet = (seen: string[] | undefined, expected: string[]): boolean =>
  seen !== undefined &&
  new Set(seen).size === new Set(expected).size &&
  expected.every((one) => seen.includes(one));

const sameSources = (plan: Plan, seen: Way[] | undefined, expected: string[]): boolean =>
  seen !== undefined &&
  expected.every((one) => seen.some((way) => isSource(plan, way, one))) &&
  seen.every((way) => expected.some((one) => isSource(plan, way, one)));

export const isWithin = (
  ms: number | undefined,
  { below, above }: NonNullable<ExpectedDecision['outage']>,
): boolean =>
  ms !== undefined &&
  (below === undefined || ms < milliseconds(below)) &&
  (above === undefined || ms > milliseconds(above));

const text = (value: unknown): string => {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length > 0 ? value.join(', ') : 'nothing';
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, one]) => `${name} ${text(one)}`)
    .join(' ');
};
