/** The packets of a probe in a timeline: its questions, what answers one, what refuses it. Pure. */
import { comesFrom, isAnswer, isQuestion, refusalOf } from '../evidence/exchange.ts';
import { type Asked, during, type IpPacket, isIp, type Packet } from './packets.ts';
import { linksOf } from './places.ts';

/** The packets by which the host put the question, in order of time. */
export const questionsOf = (asked: Asked): IpPacket[] =>
  asked.packets
    .filter(isIp)
    .filter(
      (packet) =>
        packet.node === asked.probe.node &&
        during(asked)(packet) &&
        isQuestion(asked.exchange, packet.headers),
    );

/** The first packet on one of the host's links that answers a question. */
export const answerTo = (asked: Asked, question: IpPacket): IpPacket | undefined =>
  after(asked, question)
    .filter(isIp)
    .find(({ headers }) => isAnswer(asked.exchange, question.headers, headers));

export interface Refusal {
  packet: Packet;
  /** 'tcp reset', 'icmp no route'. */
  words: string;
}

/** The first packet on one of the host's links that refuses a question. */
export const refusalTo = (asked: Asked, question: IpPacket): Refusal | undefined => {
  for (const packet of after(asked, question)) {
    const words = refusalOf(question.headers, packet.headers);
    if (words) return { packet, words };
  }
  return undefined;
};

/** What came to the host's links from others between the question and the end of the probe. */
const after = ({ plan, probe, packets, to }: Asked, question: IpPacket): Packet[] => {
  const links = linksOf(plan, probe.node);
  return packets.filter(
    ({ at, link, node }) => at >= question.at && at <= to && links.has(link) && node !== probe.node,
  );
};

/** The node whose port an answer or a refusal first came from, before any router translated or forwarded it. */
export const responderOf = (asked: Asked, question: IpPacket, answer: IpPacket): string => {
  const first = asked.packets.find(
    (packet) =>
      packet.at >= question.at &&
      packet.node !== asked.probe.node &&
      packet.headers.ip?.source === answer.headers.ip.source &&
      (comesFrom(question.headers, packet.headers) || packet.headers.quoted !== undefined),
  );
  return (first ?? answer).node;
};
