/** What the host decided for a question that it sent itself. Pure. */
import type { HostAnswer } from '../evidence/timeline.ts';
import { contradictionsOf } from './contradictions.ts';
import type { Decision } from './decision.ts';
import { answerTo, questionsOf, refusalTo, responderOf } from './flow.ts';
import { groupsOf } from './group.ts';

import { type Asked, attemptOf, type IpPacket, isIp } from './packets.ts';
import { repetitionOf } from './repetition.ts';
import { unsentDecision } from './unsent.ts';
import { arrivalOf, firstOfEachWay, type Way, wayOf } from './way.ts';

export const decideOutbound = (asked: Asked): Decision => {
  const questions = questionsOf(asked);
  return questions.length > 0 ? sentDecision(asked, questions) : unsentDecision(asked);
};

const sentDecision = (asked: Asked, questions: IpPacket[]): Decision => {
  const { plan, probe, answers } = asked;
  const decisive = decisiveQuestion(asked, questions);
  const answer = answerTo(asked, decisive);
  const refusal = answer ? undefined : refusalTo(asked, decisive);
  const way = wayOf(plan, decisive);
  const told = answers.findLast(
    ({ destination }) => destination === undefined || destination === decisive.headers.ip.destination,
  );
  const latest = probe.until ? answers.slice(-1) : answers;
  const error = latest.findLast((one) => one.error)?.error ?? refusal?.words;
  const end = answer ?? refusal?.packet;
  const numbers = [...firstOfEachWay(plan, questions), decisive, ...(end ? [end] : [])].map(
    ({ number }) => number,
  );
  return {
    probe: probe.name,
    sent: true,
    ...way,
    destination: decisive.headers.ip.destination,
    hopLimit: decisive.headers.ip.hopLimit,
    ...temporaryOf(asked, way.source),
    answered: answer !== undefined,
    ...(answer && { answerAfterMs: answer.at - decisive.at, arrival: arrivalOf(plan, answer) }),
    ...(end && isIp(end) && { by: responderOf(asked, decisive, end) }),
    ...(error && { error }),
    ...distributionOf(asked, questions),
    ...repetitionOf(asked, questions),
    packets: [...new Set(numbers)].toSorted((a, b) => a - b),
    contradictions: told ? contradictionsOf(plan, comparable(asked, told), way, answer !== undefined) : [],
    ...unclearWays(asked, questions),
  };
};

/**
 * Without what it says of its way where its routes came and went during the probe: NetworkManager 1.42 takes the routes
 * of two routers away and puts them back again and again, in another order, also between the question and the packet.
 */
const comparable = ({ probe, timeline, from, to }: Asked, told: HostAnswer): HostAnswer => {
  const changes = timeline.some(
    (event) =>
      event.kind === 'netlink' &&
      event.object === 'route' &&
      event.what === 'deleted' &&
      event.node === probe.node &&
      event.at >= from &&
      event.at <= to,
  );
  return changes ? { ...told, route: undefined, routeAfter: undefined } : told;
};

/** Which address left is told by the wire; of what kind it is, by the host's tables. */
const temporaryOf = ({ probe, timeline, to }: Asked, source: string): Pick<Decision, 'temporary'> => {
  const told = timeline
    .filter((event) => event.kind === 'netlink')
    .filter((event) => event.object === 'address')
    .findLast((event) => event.node === probe.node && event.address === source && event.at <= to);
  return told ? { temporary: told.flags.includes('temporary') } : {};
};

/** The last attempt decides; of several destinations that a program tried, the one that answered. */
const decisiveQuestion = (asked: Asked, questions: IpPacket[]): IpPacket => {
  const lastAttempt = attemptOf(asked, questions.at(-1)!);
  const latest = asked.probe.until
    ? questions.filter((one) => attemptOf(asked, one) === lastAttempt)
    : questions;
  return latest.find((one) => answerTo(asked, one)) ?? latest[0]!;
};

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

const distributionOf = (asked: Asked, questions: IpPacket[]): Pick<Decision, 'distribution'> => {
  const { plan } = asked;
  const { question } = asked.exchange;
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
