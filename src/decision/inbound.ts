import type { Headers } from '../evidence/headers.ts';
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
  const request = packets.find(({ node, headers }) => node !== probe.node && isRequest(question, headers));
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
    ({ at, node, headers }) =>
      at >= request.at && node === probe.node && isReply(question, request.headers, headers),
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

const isRequest = (
  { packet, source, port, to }: Inbound,
  { kind, ip, udp, tcp, icmp, arp, nd }: Headers,
): boolean => {
  // 'ipv6@lte': the address that the host has there, known only to the experiment.
  const toHost = (address: string | undefined) => to.includes('@') || address === to;
  switch (packet) {
    case 'arp':
      return kind === 'arp-request' && arp?.senderAddress === source && toHost(arp.targetAddress);
    case 'neighbour-solicitation':
      return kind === 'neighbour-solicitation' && ip?.source === source && toHost(nd?.target);
    case 'ping':
      return (
        kind === 'ping-request' &&
        ip?.source === source &&
        icmp?.identifier === port &&
        toHost(ip.destination)
      );
    default:
      return (
        ip?.source === source && { udp, tcp }[packet]?.destinationPort === port && toHost(ip.destination)
      );
  }
};

const isReply = (
  { packet, source }: Inbound,
  request: Headers,
  { kind, ip, udp, tcp, icmp, arp, nd }: Headers,
): boolean => {
  switch (packet) {
    case 'arp':
      return kind === 'arp-reply' && arp?.senderAddress === request.arp?.targetAddress;
    case 'neighbour-solicitation':
      return kind === 'neighbour-advertisement' && nd?.target === request.nd?.target;
    case 'ping':
      return (
        kind === 'ping-reply' && ip?.destination === source && icmp?.identifier === request.icmp?.identifier
      );
    default: {
      const back = { udp, tcp }[packet];
      const asked = request[packet];
      return (
        ip?.destination === source &&
        back?.sourcePort === asked?.destinationPort &&
        back?.destinationPort === asked?.sourcePort
      );
    }
  }
};
