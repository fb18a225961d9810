/** A question of which no packet left the host: an error, or a next hop that stayed silent, may show why. Pure. */
import type { Decision } from './decision.ts';
import { type Asked, during, type Packet } from './packets.ts';
import { addressesOf, networkOf, nodeByAddress, nodeNamed } from './places.ts';

export const unsentDecision = (asked: Asked): Decision => {
  const { probe, answers } = asked;
  const error = answers.find((answer) => answer.error)?.error;
  const attempt =
    solicitation(asked) ?? failedNeighbour(asked) ?? (error ? undefined : linkWithoutCarrier(asked));
  const { question } = asked.exchange;
  const observable = question.kind !== 'command' || question.destinations.length > 0;
  const silent = error === undefined && !attempt && observable;
  return {
    probe: probe.name,
    sent: false,
    ...(attempt && { link: attempt.link, ...(attempt.router && { router: attempt.router }) }),
    answered: false,
    ...(error && { error }),
    packets: [attempt?.number ?? []].flat(),
    contradictions: [],
    ...(silent && { unclear: 'no packet of the probe left the host, and nothing shows why' }),
  };
};

interface Attempt {
  link: string;
  router?: string;
  number?: number;
}

/**
 * The link by which the host says it would send, or whose address its socket took, where that has no carrier:
 * what is sent there is lost unseen.
 */
const linkWithoutCarrier = ({ plan, probe, timeline, answers, to }: Asked): Attempt | undefined => {
  const chosen = answers.flatMap(({ route, socketAddress }) => [
    route?.interface,
    socketAddress && networkOf(plan, socketAddress),
  ]);
  const carriers = timeline
    .filter((event) => event.kind === 'netlink' && event.node === probe.node && event.at <= to)
    .flatMap((event) => (event.kind === 'netlink' && event.object === 'link' ? [event] : []));
  const link = chosen.find((one) => carriers.findLast((event) => event.interface === one)?.carrier === false);
  return link ? { link } : undefined;
};

/** A neighbour resolution that stayed without an answer: the host had chosen link and next hop all the same. */
const solicitation = (asked: Asked): Attempt | undefined => {
  const { plan, probe, packets } = asked;
  const destinations = destinationsOf(asked);
  for (const packet of packets.filter(during(asked))) {
    const target = packet.node === probe.node ? solicitedAddress(packet.headers) : undefined;
    if (target === undefined || isAnswered(asked, packet, target)) continue;
    const node = nodeByAddress(plan, target, packet.link);
    if (!node && !destinations.includes(target)) continue;
    const isDestination =
      destinations.includes(target) || (node && addressesOf(node).some((one) => destinations.includes(one)));
    return { link: packet.link, router: isDestination ? 'on-link' : node!.name, number: packet.number };
  }
  return undefined;
};

/** A neighbour that answers kept nothing from leaving: the kernel asks others too whether they are still there. */
const isAnswered = (asked: Asked, { number, link }: Packet, target: string): boolean =>
  asked.packets
    .filter(during(asked))
    .some((one) => one.link === link && one.number > number && advertisedAddress(one.headers) === target);

const advertisedAddress = ({ kind, nd, arp }: Packet['headers']): string | undefined => {
  if (kind === 'neighbour-advertisement') return nd?.target;
  return kind === 'arp-reply' ? arp?.senderAddress : undefined;
};

/** Not duplicate address detection, which asks from the unspecified address (RFC 4862 section 5.4.2, RFC 5227). */
const solicitedAddress = ({ kind, nd, arp, ip }: Packet['headers']): string | undefined => {
  if (kind === 'neighbour-solicitation' && ip?.source !== '::') return nd?.target;
  if (kind === 'arp-request' && arp?.senderAddress !== '0.0.0.0' && arp?.senderAddress !== arp?.targetAddress)
    return arp?.targetAddress;
  return undefined;
};

/** Without carrier no solicitation gets to the wire: the neighbour that failed shows which way the host had chosen. */
const failedNeighbour = (asked: Asked): Attempt | undefined => {
  const { plan, probe, timeline, from, to } = asked;
  for (const event of timeline) {
    if (event.kind !== 'netlink' || event.object !== 'neighbour' || event.state !== 'failed') continue;
    if (event.node !== probe.node || event.at < from || event.at > to) continue;
    const { interface: name, address } = event;
    const link = nodeNamed(plan, probe.node)!.interfaces.find((own) => own.name === name)?.link;
    if (link === undefined) continue;
    if (destinationsOf(asked).includes(address)) return { link, router: 'on-link' };
    const node = nodeByAddress(plan, address, link);
    if (node) return { link, router: node.name };
  }
  return undefined;
};

const destinationsOf = ({ exchange: { question } }: Asked): string[] =>
  'destinations' in question ? question.destinations : [];
