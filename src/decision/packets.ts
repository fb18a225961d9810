/** The packets of a timeline with their headers read, and the time in which a probe was asked. Pure. */
import { type Exchange, exchangeOf } from '../evidence/exchange.ts';
import { type Headers, readHeaders } from '../evidence/headers.ts';
import type { HostAnswer, TimelineEvent } from '../evidence/timeline.ts';
import type { Plan, PlannedProbe } from '../plan/plan.ts';

export interface Packet {
  at: number;
  number: number;
  link: string;
  /** The node whose port it came in by. */
  node: string;
  headers: Headers;
}

export type IpPacket = Packet & { headers: Headers & { ip: NonNullable<Headers['ip']> } };

export interface Asked {
  plan: Plan;
  probe: PlannedProbe;
  /** In order of time. */
  packets: Packet[];
  timeline: TimelineEvent[];
  /** Each attempt's begin. */
  attempts: { at: number; attempt: number }[];
  /** When the probe was first asked, and when it was done (Infinity: it never was). */
  from: number;
  to: number;
  answers: HostAnswer[];
  exchange: Exchange;
}

export const packetsOf = (timeline: TimelineEvent[]): Packet[] =>
  timeline
    .filter((event) => event.kind === 'packet')
    .map(({ at, number, link, node, data }) => ({
      at,
      number,
      link,
      node,
      headers: readHeaders(Buffer.from(data, 'base64')),
    }))
    .toSorted((a, b) => a.at - b.at || a.number - b.number);

export const askedOf = (
  plan: Plan,
  probe: PlannedProbe,
  timeline: TimelineEvent[],
  packets: Packet[],
): Asked => {
  const events = timeline
    .filter((event) => event.kind === 'probe')
    .filter((event) => event.probe === probe.name);
  const attempts = events
    .filter((event) => event.what === 'asked')
    .map(({ at, attempt }) => ({ at, attempt }));
  const answers = events.filter((event) => event.what === 'answer').map(({ answer }) => answer);
  return {
    plan,
    probe,
    exchange: { ...exchangeOf(plan, probe), localPorts: portsOf(answers) },
    packets,
    timeline,
    attempts,
    from: attempts[0]?.at ?? Number.NEGATIVE_INFINITY,
    to: events.find(({ what }) => what === 'done')?.at ?? Number.POSITIVE_INFINITY,
    answers,
  };
};

const portsOf = (answers: HostAnswer[]): Set<number> =>
  new Set(answers.flatMap(({ socketPort }) => socketPort ?? []));

export const isIp = (packet: Packet): packet is IpPacket => packet.headers.ip !== undefined;

export const during =
  ({ from, to }: Pick<Asked, 'from' | 'to'>) =>
  ({ at }: Packet): boolean =>
    at >= from && at <= to;

/** Clocks of the program that asks and of the capture agree: a packet belongs to the attempt that began last before it. */
export const attemptOf = ({ attempts }: Asked, { at }: { at: number }): number =>
  attempts.findLast((attempt) => attempt.at <= at)?.attempt ?? 0;
