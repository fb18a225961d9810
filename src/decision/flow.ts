/** Which packets are a probe's questions, and which answer them. Pure. */
import type { Headers } from '../evidence/headers.ts';
import type { Plan, Question } from '../plan/plan.ts';
import { type Asked, carries, during, type IpPacket, isIp, type Packet } from './packets.ts';
import { linksOf } from './places.ts';

type Upper = Pick<Headers, 'udp' | 'tcp' | 'icmp' | 'kind'>;

/** The question that decides where a probe's packets go; `again` goes where the flow it names went. */
export const addressed = (plan: Plan, question: Question): Question => {
  if (question.kind !== 'again') return question;
  const named = plan.steps.find((step) => step.kind === 'probe' && step.probe.name === question.probe);
  return named?.kind === 'probe' ? named.probe.question : question;
};

/** The packets by which the host put the question, in order of time. */
export const questionsOf = (asked: Asked): IpPacket[] => {
  const { plan, probe, packets } = asked;
  const question = addressed(plan, probe.question);
  const again = probe.question.kind === 'again';
  return packets.filter(isIp).filter((packet) => {
    if (packet.node !== probe.node || !goesThere(question, packet.headers)) return false;
    const { udp, icmp } = packet.headers;
    const byNonce = again || (question.kind !== 'fetch' && question.kind !== 'command' && (udp || icmp));
    return byNonce ? carries(packet.headers, probe.nonce) : during(asked)(packet);
  });
};

const goesThere = (question: Question, headers: IpPacket['headers']): boolean => {
  const { ip, udp, tcp, icmp, kind } = headers;
  switch (question.kind) {
    case 'udp':
      return question.destinations.includes(ip.destination) && udp?.destinationPort === question.port;
    case 'tcp':
      return question.destinations.includes(ip.destination) && tcp?.destinationPort === question.port;
    case 'ping':
      return (
        question.destinations.includes(ip.destination) &&
        kind === 'ping-request' &&
        icmp?.identifier === question.port
      );
    case 'fetch': {
      const there = question.destinations.length === 0 || question.destinations.includes(ip.destination);
      return there && tcp?.destinationPort === question.port && tcp.syn && !tcp.ack;
    }
    case 'command': {
      const port = question.port === undefined || (udp ?? tcp)?.destinationPort === question.port;
      return question.destinations.includes(ip.destination) && port;
    }
    default:
      return false;
  }
};

/** The first packet that came back to a question's source and port on one of the host's links. */
export const answerTo = (asked: Asked, question: IpPacket): IpPacket | undefined => {
  const links = linksOf(asked.plan, asked.probe.node);
  return asked.packets
    .filter(isIp)
    .find(
      (packet) =>
        packet.at >= question.at &&
        links.has(packet.link) &&
        packet.node !== asked.probe.node &&
        packet.headers.ip.source === question.headers.ip.destination &&
        packet.headers.ip.destination === question.headers.ip.source &&
        answersUpper(question.headers, packet.headers) &&
        backToPort(question.headers, packet.headers),
    );
};

/** The node whose port an answer first came from, before any router translated or forwarded it. */
export const responderOf = (asked: Asked, question: IpPacket, answer: IpPacket): string => {
  const first = asked.packets
    .filter(isIp)
    .find(
      (packet) =>
        packet.at >= question.at &&
        packet.node !== asked.probe.node &&
        packet.headers.ip.source === answer.headers.ip.source &&
        answersUpper(question.headers, packet.headers),
    );
  return (first ?? answer).node;
};

const answersUpper = (question: Upper, { udp, tcp, icmp, kind }: Upper): boolean => {
  if (question.udp) return udp?.sourcePort === question.udp.destinationPort;
  if (question.tcp) return tcp?.sourcePort === question.tcp.destinationPort;
  return kind === 'ping-reply' && icmp?.identifier === question.icmp?.identifier;
};

const backToPort = (question: Upper, { udp, tcp }: Upper): boolean =>
  (question.udp ?? question.tcp)?.sourcePort === (udp ?? tcp)?.destinationPort;

/** An ICMP error that quotes a question of the probe. */
export const icmpErrorFor = (asked: Asked, questions: IpPacket[]): Packet | undefined =>
  asked.packets.find(({ node, headers: { quoted } }) => {
    if (node === asked.probe.node || !quoted?.ip) return false;
    return questions.some(
      ({ headers }) =>
        headers.ip.source === quoted.ip!.source &&
        headers.ip.destination === quoted.ip!.destination &&
        (headers.udp ?? headers.tcp)?.destinationPort === (quoted.udp ?? quoted.tcp)?.destinationPort &&
        headers.icmp?.identifier === quoted.icmp?.identifier,
    );
  });
