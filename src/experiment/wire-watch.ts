/**
 * Whether a probe has been answered or refused, as far as the experiment must know to go on. What the packets
 * mean is read later, from the whole timeline (decision/), by the same rules (evidence/exchange.ts).
 */
import { comesFrom, exchangeOf, isAnswer, isQuestion, isReply, refusalOf } from '../evidence/exchange.ts';
import { type Headers, readHeaders } from '../evidence/headers.ts';
import type { PacketEvent, TimelineEvent } from '../evidence/timeline.ts';
import type { PlannedProbe } from '../plan/plan.ts';
import { plannedNode, type RunningLab } from '../testbed/lab.ts';

export interface WireWatch {
  /** 'program': the end of the program that asks is the end of the probe. */
  expects: 'packets' | 'program';
  /** Every destination has answered or refused, or so many of those that were asked. */
  settled(asked?: number): boolean;
  answered(): boolean;
  /** The event is a packet of the probe, on whatever link. */
  concerns(event: TimelineEvent): boolean;
  /** What was asked until now is no longer waited for. */
  forget(): void;
  end(): void;
}

const PROGRAM: WireWatch = {
  expects: 'program',
  settled: () => true,
  answered: () => true,
  concerns: () => false,
  forget: () => {},
  end: () => {},
};

/** The question may wait for its next hop: while neighbours are resolved, something is under way. */
const RESOLUTION = ['neighbour-solicitation', 'neighbour-advertisement', 'arp-request', 'arp-reply'];

export const watchWire = (lab: RunningLab, probe: PlannedProbe): WireWatch => {
  if ('command' in probe.question) return PROGRAM;
  const exchange = exchangeOf(lab.plan, probe);
  const { question } = exchange;
  const inbound = question.kind === 'inbound';
  const hostLinks = new Set(plannedNode(lab.plan, probe.node).interfaces.map(({ link }) => link));
  let questions: Headers[] = [];
  const answered = new Set<string>();
  const refused = new Set<string>();
  const concerned = new Set<number>();

  const readQuestion = (event: PacketEvent, headers: Headers) => {
    concerned.add(event.number);
    const isAsker = (event.node === probe.node) !== inbound;
    if (isAsker && hostLinks.has(event.link)) questions.push(headers);
  };
  const readReaction = (event: PacketEvent, headers: Headers) => {
    const atHost = hostLinks.has(event.link) && (event.node === probe.node) === inbound;
    for (const asked of questions) {
      const refusal = refusalOf(asked, headers) !== undefined;
      if (refusal || comesFrom(asked, headers)) concerned.add(event.number);
      if (!atHost) continue;
      const destination = asked.ip?.destination ?? '';
      if (inbound ? isReply(asked, headers) : isAnswer(exchange, asked, headers)) answered.add(destination);
      else if (refusal) refused.add(destination);
    }
  };
  const unwatch = lab.recorder.watch((event) => {
    if (event.kind !== 'packet') return;
    const headers = readHeaders(Buffer.from(event.data, 'base64'));
    if (RESOLUTION.includes(headers.kind) && hostLinks.has(event.link)) concerned.add(event.number);
    if (isQuestion(exchange, headers)) readQuestion(event, headers);
    else readReaction(event, headers);
  });
  const wanted = 'destinations' in question ? question.destinations.length : 1;
  return {
    expects: 'packets',
    settled: (asked = wanted) => new Set([...answered, ...refused]).size >= asked,
    answered: () => answered.size >= wanted,
    concerns: (event) => event.kind === 'packet' && concerned.has(event.number),
    forget: () => {
      questions = [];
      answered.clear();
      refused.clear();
    },
    end: unwatch,
  };
};
