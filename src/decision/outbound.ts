/** What the host decided for a question that it sent itself. Pure. */
import { contradictionsOf } from './contradictions.ts';
import type { Decision } from './decision.ts';
import { addressed, answerTo, icmpErrorFor, questionsOf, responderOf } from './flow.ts';
import { groupsOf } from './group.ts';
import { type Asked, during, type IpPacket } from './packets.ts';
import { addressesOf, nodeByAddress } from './places.ts';
import { firstOfEachWay, type Way, wayOf } from './way.ts';

export const decideOutbound = (asked: Asked): Decision => {
  const questions = questionsOf(asked);
  return questions.length > 0 ? sentDecision(asked, questions) : unsentDecision(asked);
};

const sentDecision = (asked: Asked, questions: IpPacket[]): Decision => {
  const { plan, probe, answers } = asked;
  const decisive = decisiveQuestion(asked, questions);
  const answer = answerTo(asked, decisive);
  const icmpError = icmpErrorFor(asked, questions);
  const way = wayOf(plan, decisive);
  const told = answers.findLast(
    ({ destination }) => destination === undefined || destination === decisive.headers.ip.destination,
  );
  const error =
    answers.findLast((one) => one.error)?.error ??
    (answer || !icmpError ? undefined : icmpErrorText(icmpError.headers));
  const numbers = [...firstOfEachWay(plan, questions), decisive, ...[answer ?? icmpError ?? []].flat()].map(
    ({ number }) => number,
  );
  return {
    probe: probe.name,
    sent: true,
    ...way,
    destination: decisive.headers.ip.destination,
    hopLimit: decisive.headers.ip.hopLimit,
    answered: answer !== undefined,
    ...(answer && { by: responderOf(asked, decisive, answer), answerAfterMs: answer.at - decisive.at }),
    ...(error && { error }),
    ...distributionOf(asked, questions),
    ...repetitionOf(asked, questions),
    packets: [...new Set(numbers)].toSorted((a, b) => a - b),
    contradictions: told ? contradictionsOf(plan, told, way) : [],
    ...unclearWays(asked, questions),
  };
};

/** The last attempt decides; of several destinations that a program tried, the one that answered. */
const decisiveQuestion = (asked: Asked, questions: IpPacket[]): IpPacket => {
  const lastAttempt = attemptOf(asked, questions.at(-1)!);
  const latest = asked.probe.until
    ? questions.filter((one) => attemptOf(asked, one) === lastAttempt)
    : questions;
  return latest.find((one) => answerTo(asked, one)) ?? latest[0]!;
};

/** Clocks of the program that asks and of the capture agree: a packet belongs to the attempt that began last before it. */
const attemptOf = ({ attempts }: Asked, { at }: { at: number }): number =>
  attempts.findLast((attempt) => attempt.at <= at)?.attempt ?? 0;

const unclearWays = (asked: Asked, questions: IpPacket[]): Pick<Decision, 'unclear'> => {
  const groups = groupsOf(questions, (one) => `${attemptOf(asked, one)} ${one.headers.ip.destination}`);
  for (const group of groups) {
    const ways = firstOfEachWay(asked.plan, group);
    if (ways.length > 1)
      return {
        unclear: `the probe left by several ways: ${ways.map((one) => wayText(wayOf(asked.plan, one), one.number)).join(', ')}`,
      };
  }
  return {};
};

const wayText = ({ router, link, source }: Way, number: number): string =>
  `${router} over ${link} from ${source} (packet ${number})`;

const distributionOf = ({ plan, probe }: Asked, questions: IpPacket[]): Pick<Decision, 'distribution'> => {
  const question = addressed(plan, probe.question);
  if (
    !('destinations' in question) ||
    question.destinations.length < 2 ||
    question.kind === 'command' ||
    question.kind === 'fetch'
  )
    return {};
  const firsts = question.destinations.flatMap(
    (address) => questions.find(({ headers }) => headers.ip.destination === address) ?? [],
  );
  const ways = groupsOf(
    firsts.map((one) => wayOf(plan, one)),
    (way) => JSON.stringify(way),
  );
  return { distribution: ways.map((same) => ({ ...same[0]!, count: same.length })) };
};

const repetitionOf = (
  asked: Asked,
  questions: IpPacket[],
): Pick<Decision, 'outageMs' | 'neighbourStates'> => {
  const { probe, timeline } = asked;
  if (!probe.until) return {};
  const firsts = questions.filter(
    (one, index) =>
      questions.findIndex((other) => attemptOf(asked, other) === attemptOf(asked, one)) === index,
  );
  const answeredBefore = (one: IpPacket, next?: IpPacket) => {
    const answer = answerTo(asked, one);
    return answer !== undefined && (next === undefined || answer.at < next.at);
  };
  const states = firsts.map((one, index) => ({
    at: one.at,
    answered: answeredBefore(one, firsts[index + 1]),
  }));
  const turn = states.find(({ answered }) => answered === (probe.until === 'answered'));
  const neighbourStates = timeline
    .filter((event) => event.kind === 'netlink')
    .filter(
      (event) =>
        event.object === 'neighbour' &&
        event.node === probe.node &&
        event.at >= asked.from &&
        event.at <= asked.to,
    )
    .flatMap((event) =>
      event.object === 'neighbour' ? [{ at: event.at, address: event.address, state: event.state }] : [],
    );
  return { ...(turn && { outageMs: turn.at - states[0]!.at }), neighbourStates };
};

const unsentDecision = (asked: Asked): Decision => {
  const { probe, answers } = asked;
  const error = answers.find((answer) => answer.error)?.error;
  const solicited = solicitation(asked);
  const question = addressed(asked.plan, probe.question);
  const observable = question.kind !== 'command' || question.destinations.length > 0;
  const silent = error === undefined && !solicited && observable;
  return {
    probe: probe.name,
    sent: false,
    ...(solicited && { link: solicited.link, router: solicited.router }),
    answered: false,
    ...(error && { error }),
    packets: solicited ? [solicited.number] : [],
    contradictions: [],
    ...(silent && { unclear: 'no packet of the probe left the host, and nothing shows why' }),
  };
};

/** A neighbour resolution that stayed without an answer: the host had chosen link and next hop all the same. */
const solicitation = (asked: Asked): { link: string; router?: string; number: number } | undefined => {
  const { plan, probe, packets } = asked;
  const question = addressed(plan, probe.question);
  const destinations = 'destinations' in question ? question.destinations : [];
  for (const packet of packets.filter(during(asked))) {
    const target = packet.node === probe.node ? solicitedAddress(packet.headers) : undefined;
    if (target === undefined) continue;
    const node = nodeByAddress(plan, target, packet.link);
    if (!node && !destinations.includes(target)) continue;
    const isDestination =
      destinations.includes(target) || (node && addressesOf(node).some((one) => destinations.includes(one)));
    return { link: packet.link, router: isDestination ? 'on-link' : node!.name, number: packet.number };
  }
  return undefined;
};

/** Not duplicate address detection, which asks from the unspecified address (RFC 4862 section 5.4.2, RFC 5227). */
const solicitedAddress = ({
  kind,
  nd,
  arp,
  ip,
}: IpPacket['headers'] | Asked['packets'][number]['headers']): string | undefined => {
  if (kind === 'neighbour-solicitation' && ip?.source !== '::') return nd?.target;
  if (kind === 'arp-request' && arp?.senderAddress !== '0.0.0.0' && arp?.senderAddress !== arp?.targetAddress)
    return arp?.targetAddress;
  return undefined;
};

/** Codes of ICMPv6 type 1 (RFC 4443 section 3.1) and of ICMP type 3 (RFC 792, RFC 1812 section 5.2.7.1). */
const UNREACHABLE: Record<number, string[]> = {
  1: [
    'no route',
    'administratively prohibited',
    'beyond scope',
    'address unreachable',
    'port unreachable',
    'source failed policy',
    'reject route',
  ],
  3: ['network unreachable', 'host unreachable', 'protocol unreachable', 'port unreachable'],
};

const icmpErrorText = ({ icmp, kind }: Asked['packets'][number]['headers']): string =>
  `icmp ${(kind === 'icmp-unreachable' && UNREACHABLE[icmp!.type]?.[icmp!.code]) || `type ${icmp?.type} code ${icmp?.code}`}`;
