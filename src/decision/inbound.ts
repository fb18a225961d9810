import { isQuestion, isReply } from '../evidence/exchange.ts';
import type { Question } from '../plan/plan.ts';
import type { Decision } from './decision.ts';
import { type Asked, during, isIp, type Packet } from './packets.ts';
import { linksOf, networkOf, nodeByMac } from './places.ts';
import { wayOf } from './way.ts';

type Inbound = Extract<Question, { kind: 'inbound' }>;

/** What the host did with a packet that another node sent it. */
export const decideInbound = (asked: Asked, question: Inbound): Decision => {
  const { plan, probe } = asked;
  const links = linksOf(plan, probe.node);
  const packets = asked.packets.filter((packet) => links.has(packet.link) && during(asked)(packet));
  const request = packets.find(
    ({ node, headers }) => node !== probe.node && isQuestion(asked.exchange, headers),
  );
  if (!request) {
    return {
      probe: probe.name,
      sent: false,
      packets: [],
      contradictions: [],
      unclear: `the packet of ${question.from} never reached a link of the host`,
    };
  }
  const answer = packets.find(
    ({ at, node, headers }) => at >= request.at && node === probe.node && isReply(request.headers, headers),
  );
  return {
    probe: probe.name,
    sent: answer !== undefined,
    answered: answer !== undefined,
    ...(answer && { answerAfterMs: answer.at - request.at }),
    reply: answer ? { sent: true, ...replyWay(asked, answer) } : { sent: false },
    packets: [request.number, ...(answer ? [answer.number] : [])],
    contradictions: [],
  };
};

const replyWay = ({ plan }: Asked, packet: Packet): Omit<NonNullable<Decision['reply']>, 'sent'> => {
  if (isIp(packet)) return wayOf(plan, packet);
  const {
    link,
    headers: { arp, ethernet },
  } = packet;
  const source = arp?.senderAddress;
  return {
    link,
    router: nodeByMac(plan, link, ethernet.destination) ? 'on-link' : ethernet.destination,
    source,
    sourceNetwork: source && networkOf(plan, source, link),
  };
};
