/** The connections that an application began for one probe, and which destination it tried when (RFC 8305 section 5). Pure. */
import type { Decision } from './decision.ts';
import { answerTo, questionsOf } from './flow.ts';
import { groupsOf } from './group.ts';
import { decideOutbound } from './outbound.ts';
import type { Asked, IpPacket } from './packets.ts';
import { wayOf } from './way.ts';

export const decideFetch = (asked: Asked, port: number): Decision => {
  const decision = { ...decideOutbound(asked), ...attemptsOf(asked) };
  const contradiction = contradictionOf(asked, port, decision.order ?? []);
  return contradiction
    ? { ...decision, contradictions: [...decision.contradictions, contradiction] }
    : decision;
};

/** What the application says that it tried, against what was seen: an attempt without a packet is one that never left. */
const contradictionOf = ({ answers }: Asked, port: number, order: string[]): string | undefined => {
  const tried = answers.findLast((answer) => answer.tried)?.tried;
  const said = [...new Set(tried?.filter((one) => one.port === port).map(({ address }) => address))];
  if (!tried || said.join() === order.join()) return undefined;
  return `the host says it tried ${said.join(', ') || 'nothing'}, the wire shows ${order.join(', ') || 'nothing'}`;
};

const attemptsOf = (asked: Asked): Pick<Decision, 'attempts' | 'order' | 'fallbackMs'> => {
  // What TCP sends again is no new attempt: same addresses, same ports.
  const connections = groupsOf(questionsOf(asked), connectionOf);
  const first = connections[0]?.[0];
  if (!first) return {};
  const attempts = connections.map((packets) => {
    const [begin] = packets as [IpPacket];
    const { router, link, source } = wayOf(asked.plan, begin);
    return {
      destination: begin.headers.ip.destination,
      router,
      link,
      source,
      afterMs: begin.at - first.at,
      answered: packets.some((packet) => answerTo(asked, packet) !== undefined),
    };
  });
  const order = [...new Set(attempts.map(({ destination }) => destination))];
  const next = attempts.find(({ destination }) => destination !== order[0]);
  return { attempts, order, ...(next && { fallbackMs: next.afterMs }) };
};

const connectionOf = ({ headers: { ip, tcp } }: IpPacket): string =>
  `${ip.source} ${tcp?.sourcePort} ${ip.destination}`;
