/** Which of its addresses a host offers as ICE candidates, in which order, and by which way each asks the STUN server. Pure. */
import { applyEvent, emptyTables } from '../evidence/tables.ts';
import type { HostAnswer } from '../evidence/timeline.ts';
import type { Decision } from './decision.ts';
import { answerTo, questionsOf } from './flow.ts';
import { groupsOf } from './group.ts';
import type { Asked, IpPacket } from './packets.ts';
import { networkOf } from './places.ts';
import { wayOf } from './way.ts';

export const decideIce = (asked: Asked): Decision => {
  const { plan, probe, answers } = asked;
  const said = answers.findLast(({ candidates }) => candidates)?.candidates;
  const error = answers.findLast((answer) => answer.error)?.error;
  // A check is sent again until it is answered: the first packet of each socket to each server decides.
  const checks = groupsOf(questionsOf(asked), socketOf).map((packets) => packets[0]!);
  const ways = groupsOf(
    checks.map((check) => wayOf(plan, check)),
    (way) => JSON.stringify(way),
  );
  return {
    probe: probe.name,
    sent: checks.length > 0,
    answered: checks.some((check) => answerTo(asked, check) !== undefined),
    ...(error && { error }),
    ...(said && candidatesOf(asked, said)),
    ...(ways.length > 0 && { distribution: ways.map((same) => ({ ...same[0]!, count: same.length })) }),
    packets: checks.map(({ number }) => number),
    contradictions: [],
    ...(!said && { unclear: 'the client told no candidates' }),
  };
};

const socketOf = ({ headers: { ip, udp } }: IpPacket): string =>
  `${ip.source} ${udp?.sourcePort} ${ip.destination}`;

const candidatesOf = (
  asked: Asked,
  said: NonNullable<HostAnswer['candidates']>,
): Pick<Decision, 'candidates' | 'uniquePriorities' | 'missing'> => {
  const own = said
    .filter(({ type }) => type === 'host')
    // Of equal priority none comes first: by address, so that every run tells the same.
    .toSorted((a, b) => b.priority - a.priority || a.address.localeCompare(b.address));
  const offered = new Set(own.map(({ address }) => address));
  return {
    candidates: own.map(({ address, priority }) => ({
      address,
      network: networkOf(asked.plan, address),
      priority,
    })),
    uniquePriorities: new Set(own.map(({ priority }) => priority)).size === own.length,
    missing: globalAddresses(asked).filter((address) => !offered.has(address)),
  };
};

/** What the host could use when it was asked. Link-local addresses need not be offered (RFC 8445 section 5.1.1.1). */
const globalAddresses = ({ timeline, probe, from }: Asked): string[] =>
  timeline
    .filter((event) => event.kind === 'netlink')
    .filter(({ node, at }) => node === probe.node && at <= from)
    .reduce(applyEvent, emptyTables())
    .addresses.filter(({ scope, flags }) => scope === 'global' && !flags.includes('tentative'))
    .map(({ address }) => address);
