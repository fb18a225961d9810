/**
 * Whether a probe has been answered, as far as the experiment must know to go on. What the packets mean is
 * read later, from the whole timeline (decision/).
 */
import { type Headers, readHeaders } from '../evidence/headers.ts';
import type { TimelineEvent } from '../evidence/timeline.ts';
import type { PlannedProbe, Question } from '../plan/plan.ts';
import { plannedNode, type RunningLab } from '../testbed/lab.ts';
import type { Flow } from './socket.ts';

export interface WireWatch {
  /** 'program': the end of the program that asks is the end of the probe. */
  expects: 'packets' | 'program';
  /** Every destination has answered on one of the host's links. */
  answered(): boolean;
  /** The event is a packet of the probe, on whatever link. */
  concerns(event: TimelineEvent): boolean;
  forget(): void;
  end(): void;
}

interface Expectation {
  question(headers: Headers): boolean;
  /** The address that answered. */
  answer(headers: Headers): string | undefined;
  answers: number;
}

export const watchWire = (lab: RunningLab, probe: PlannedProbe, flows: Map<string, Flow>): WireWatch => {
  const expectation = expectationOf(probe.question, flows);
  if (!expectation)
    return {
      expects: 'program',
      answered: () => true,
      concerns: () => false,
      forget: () => {},
      end: () => {},
    };
  const hostLinks = new Set(plannedNode(lab.plan, probe.node).interfaces.map(({ link }) => link));
  const inbound = probe.question.kind === 'inbound';
  const answers = new Set<string>();
  const concerned = new Set<number>();
  const unwatch = lab.recorder.watch((event) => {
    if (event.kind !== 'packet') return;
    const headers = readHeaders(Buffer.from(event.data, 'base64'));
    const answer = expectation.answer(headers);
    if (answer !== undefined || expectation.question(headers)) concerned.add(event.number);
    const fromHost = event.node === probe.node;
    if (answer !== undefined && hostLinks.has(event.link) && fromHost === inbound) answers.add(answer);
  });
  return {
    expects: 'packets',
    answered: () => answers.size >= expectation.answers,
    concerns: (event) => event.kind === 'packet' && concerned.has(event.number),
    forget: () => answers.clear(),
    end: unwatch,
  };
};

const expectationOf = (question: Question, flows: Map<string, Flow>): Expectation | undefined => {
  switch (question.kind) {
    case 'udp':
    case 'tcp':
    case 'ping':
      return towards(question.kind, question.destinations, question.port);
    case 'again': {
      const flow = flows.get(question.probe);
      return flow && towards(flow.kind, [flow.destination], flow.port);
    }
    case 'inbound':
      return inboundExpectation(question);
    default:
      return undefined;
  }
};

const towards = (kind: 'udp' | 'tcp' | 'ping', destinations: string[], port: number): Expectation => {
  const all = new Set(destinations);
  const isQuestion = ({ ip, udp, tcp, icmp }: Omit<Headers, 'ethernet'>) =>
    ip !== undefined &&
    all.has(ip.destination) &&
    (kind === 'ping' ? icmp?.identifier === port : (udp ?? tcp)?.destinationPort === port);
  return {
    question: isQuestion,
    answer: (headers) => {
      if (headers.quoted && isQuestion(headers.quoted as Headers)) return headers.quoted.ip!.destination;
      const { ip, udp, tcp, icmp, kind: packet } = headers;
      const matches =
        kind === 'ping'
          ? packet === 'ping-reply' && icmp?.identifier === port
          : (udp ?? tcp)?.sourcePort === port;
      return ip && all.has(ip.source) && matches ? ip.source : undefined;
    },
    answers: all.size,
  };
};

const inboundExpectation = ({
  packet,
  port,
  source,
  to,
}: Extract<Question, { kind: 'inbound' }>): Expectation => {
  const asked = to.includes('@') ? undefined : to;
  return {
    question: ({ ip, udp, tcp, icmp, kind, arp, nd }) =>
      packet === 'arp'
        ? kind === 'arp-request' && arp?.senderAddress === source
        : packet === 'neighbour-solicitation'
          ? kind === 'neighbour-solicitation' && (asked === undefined || nd?.target === asked)
          : ip?.source === source &&
            (packet === 'ping' ? icmp?.identifier === port : (udp ?? tcp)?.destinationPort === port),
    answer: ({ ip, udp, tcp, icmp, kind, arp }) => {
      if (packet === 'arp') return kind === 'arp-reply' ? arp?.senderAddress : undefined;
      if (packet === 'neighbour-solicitation')
        return kind === 'neighbour-advertisement' ? ip?.source : undefined;
      const matches =
        packet === 'ping'
          ? kind === 'ping-reply' && icmp?.identifier === port
          : (udp ?? tcp)?.sourcePort === port;
      return matches && ip?.destination === source ? ip.source : undefined;
    },
    answers: 1,
  };
};
