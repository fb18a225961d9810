/**
 * Which packets put a probe's question, which answer it and which refuse it: one set of rules for the
 * experiment, which watches for the answer, and for the decision, which reads it. Pure.
 */
import type { Plan, PlannedProbe, Question } from '../plan/plan.ts';
import type { Headers } from './headers.ts';
import { refusalText } from './refusals.ts';

export interface Exchange {
  /** Where the packets go: `again` goes where the flow it names went. */
  question: Question;
  nonce: string;
  /** More data on a flow that is open already: only what carries the nonce belongs to it. */
  again: boolean;
  /** TCP: the local ports of the probe's sockets, once they are known; then no other packet is the probe's. */
  localPorts?: Set<number>;
}

export const exchangeOf = (plan: Plan, { question, nonce }: PlannedProbe): Exchange => {
  const again = question.kind === 'again';
  const named = plan.steps.find(
    (step) => again && step.kind === 'probe' && step.probe.name === question.probe,
  );
  return { question: named?.kind === 'probe' ? named.probe.question : question, nonce, again };
};

/** The packet, seen anywhere on its way, puts the question. A router that translates addresses changes only the source. */
export const isQuestion = (exchange: Exchange, headers: Headers): boolean => {
  const { question, nonce, again, localPorts } = exchange;
  if (!goesThere(question, headers)) return false;
  const { kind } = question;
  if (again || kind === 'udp' || kind === 'ping') return carries(headers, nonce);
  return kind !== 'tcp' || !localPorts?.size || localPorts.has(headers.tcp!.sourcePort);
};

const goesThere = (question: Question, headers: Headers): boolean => {
  const { ip, udp, tcp, icmp, kind } = headers;
  const isFor = (destinations: string[]) => ip !== undefined && destinations.includes(ip.destination);
  switch (question.kind) {
    case 'udp':
      return isFor(question.destinations) && udp?.destinationPort === question.port;
    case 'tcp':
      return isFor(question.destinations) && tcp?.destinationPort === question.port;
    case 'ping':
      return isFor(question.destinations) && kind === 'ping-request' && icmp?.identifier === question.port;
    case 'fetch': {
      const there = question.destinations.length === 0 || isFor(question.destinations);
      return there && tcp?.destinationPort === question.port && tcp.syn && !tcp.ack;
    }
    case 'ice':
      return isFor(question.destinations) && udp?.destinationPort === question.port;
    case 'command': {
      const port = question.port === undefined || (udp ?? tcp)?.destinationPort === question.port;
      return isFor(question.destinations) && port;
    }
    case 'inbound':
      return isInbound(question, headers);
    default:
      return false;
  }
};

const isInbound = (
  { packet, source, port, to }: Extract<Question, { kind: 'inbound' }>,
  { kind, ip, udp, tcp, icmp, arp, nd }: Headers,
): boolean => {
  // 'ipv6@lte': the address that the host has there, known only to the experiment.
  const isAsked = (address: string | undefined) => to.includes('@') || address === to;
  switch (packet) {
    case 'arp':
      return kind === 'arp-request' && arp?.senderAddress === source && isAsked(arp.targetAddress);
    case 'neighbour-solicitation':
      return kind === 'neighbour-solicitation' && ip?.source === source && isAsked(nd?.target);
    case 'ping':
      return (
        kind === 'ping-request' &&
        ip?.source === source &&
        icmp?.identifier === port &&
        isAsked(ip.destination)
      );
    default:
      return (
        ip?.source === source && { udp, tcp }[packet]?.destinationPort === port && isAsked(ip.destination)
      );
  }
};

/** The packet answers the question and came back to where that was sent from. */
export const isAnswer = (exchange: Exchange, question: Headers, packet: Headers): boolean =>
  isReaction(question, packet) && !packet.tcp?.rst && isOfThisProbe(exchange, packet);

/** How a packet refuses the question: a reset, or an ICMP error that quotes it. */
export const refusalOf = (question: Headers, packet: Headers): string | undefined => {
  if (packet.tcp?.rst && isReaction(question, packet)) return 'tcp reset';
  return quotes(packet, question) ? refusalText(packet) : undefined;
};

/** Answer or refusal by the node asked. Inbound, whatever address the host answers from. */
const isReaction = (question: Headers, packet: Headers): boolean =>
  isReply(question, packet) && comesFrom(question, packet);

/** An answer of the node asked, to whomever: before a router translated its destination. */
export const comesFrom = (question: Headers, { kind, ip, udp, tcp, icmp, arp, nd }: Headers): boolean => {
  if (question.arp) return kind === 'arp-reply' && arp?.senderAddress === question.arp.targetAddress;
  if (question.nd) return kind === 'neighbour-advertisement' && nd?.target === question.nd.target;
  if (ip?.source !== question.ip?.destination) return false;
  if (question.udp) return udp?.sourcePort === question.udp.destinationPort;
  if (question.tcp) return tcp?.sourcePort === question.tcp.destinationPort;
  return kind === 'ping-reply' && icmp?.identifier === question.icmp?.identifier;
};

/** Goes back to the sender of the question, from whatever address. */
export const isReply = (question: Headers, packet: Headers): boolean => {
  const { kind, ip, udp, tcp, icmp } = packet;
  if (question.arp || question.nd) return comesFrom(question, packet);
  if (ip?.destination !== question.ip?.source) return false;
  if (question.udp) return arePortsSwapped(question.udp, udp);
  if (question.tcp) return arePortsSwapped(question.tcp, tcp);
  return kind === 'ping-reply' && icmp?.identifier === question.icmp?.identifier;
};

interface Ports {
  sourcePort: number;
  destinationPort: number;
}

const arePortsSwapped = (question: Ports, back: Ports | undefined): boolean =>
  back?.sourcePort === question.destinationPort && back.destinationPort === question.sourcePort;

/** A late echo to an earlier question on the same flow is none to this one, nor is a bare acknowledgement. */
const isOfThisProbe = ({ nonce, again }: Exchange, packet: Headers): boolean => {
  if (carries(packet, nonce)) return true;
  return !Buffer.from(packet.payload).includes(NONCE) && !(again && packet.tcp);
};

/** What every nonce begins with. */
const NONCE = 'miflab:';

const quotes = ({ quoted }: Headers, question: Headers): boolean =>
  quoted?.ip !== undefined &&
  quoted.ip.source === question.ip?.source &&
  quoted.ip.destination === question.ip.destination &&
  (quoted.udp ?? quoted.tcp)?.sourcePort === (question.udp ?? question.tcp)?.sourcePort &&
  (quoted.udp ?? quoted.tcp)?.destinationPort === (question.udp ?? question.tcp)?.destinationPort &&
  quoted.icmp?.identifier === question.icmp?.identifier;

const carries = ({ payload }: Headers, nonce: string): boolean => {
  const text = Buffer.from(nonce);
  const found = Buffer.from(payload).indexOf(text);
  // miflab:web must not be taken for miflab:web-2: names are words with dashes.
  return found >= 0 && !/[\w.-]/.test(String.fromCharCode(payload[found + text.length] ?? 0));
};
