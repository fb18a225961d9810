import type { Decision } from '../decision/decision.ts';

export type StableDecision = Record<string, string | boolean | string[]>;

/** What of a decision is the same in every run: no times, no packet numbers, no addresses where a network says it. */
export const stableDecision = (decision: Decision): StableDecision => {
  const {
    sent,
    hopLimit,
    temporary,
    answered,
    by,
    error,
    order,
    names,
    candidates,
    uniquePriorities,
    missing,
    servers,
    reply,
    distribution,
  } = decision;
  const ways = distribution && distinct(distribution.map(wordsOfWay));
  const known = {
    sent,
    ...(!(ways && ways.length > 1) && wayOf(decision)),
    // Unless it is the default that every stack has (RFC 1700).
    'hop-limit': hopLimit === undefined || hopLimit === 64 ? undefined : String(hopLimit),
    temporary: temporary || undefined,
    answered,
    by,
    error,
    order,
    names,
    candidates: candidates?.map(({ address, network }) =>
      network ? `${network} ${family(address)}` : address,
    ),
    'unique-priorities': uniquePriorities,
    missing,
    servers: servers?.map(({ server, link }) => `${server} over ${link}`),
    reply: reply && (reply.sent ? wordsOfWay(reply) : 'none'),
    distribution: ways,
    contradiction: decision.contradictions.length > 0 || undefined,
  };
  return Object.fromEntries(
    Object.entries(known).filter(
      (entry): entry is [string, string | boolean | string[]] => entry[1] !== undefined,
    ),
  );
};

/**
 * Of one destination; where several take different ways, which of them the first takes is chance: before 6.11 Linux
 * hashes with a number that it draws once in each boot and nobody can set.
 */
const wayOf = (decision: Decision) => ({
  router: decision.router,
  link: decision.link,
  source: sourceOf(decision),
});

const wordsOfWay = (
  way: Pick<Decision, 'router' | 'link' | 'source' | 'sourceNetwork' | 'sourcePrefix'>,
): string => `${way.router} over ${way.link} from ${sourceOf(way)}`;

const sourceOf = (way: Pick<Decision, 'source' | 'sourceNetwork' | 'sourcePrefix'>): string | undefined =>
  way.sourcePrefix ?? way.sourceNetwork ?? way.source;

export const wordsOf = (stable: StableDecision): string =>
  Object.entries(stable)
    .map(([name, value]) => `${name} ${[value].flat().join(', ') || 'nothing'}`)
    .join(', ');

const distinct = (texts: string[]): string[] => [...new Set(texts)].toSorted();

const family = (address: string): string => (address.includes(':') ? 'ipv6' : 'ipv4');
