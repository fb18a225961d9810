/** A question of which no packet left the host: an error, or a next hop that stayed silent, may show why. Pure. */
import type { Decision } from './decision.ts';
import { type Asked, during, type Packet } from './packets.ts';
import { addressesOf, nodeByAddress } from './places.ts';

export const unsentDecision = (asked: Asked): Decision => {
  const { probe, answers } = asked;
  const error = answers.find((answer) => answer.error)?.error;
  const solicited = solicitation(asked);
  const { question } = asked.exchange;
  const observable = question.kind !== 'command' || question.destinations.length > 0;
  const silent = error === undefined && !solicited && observable;
  return {
    probe: probe.name,
    sent: false,
    ...(solicited && { link: solicited.link, router: solicited.router }),
    answered: false,
    ...(error && { error }),
    packets: solicited ? [solicited.number] : [],
    contradictions: [],
    ...(silent && { unclear: 'no packet of the probe left the host, and nothing shows why' }),
  };
};

/** A neighbour resolution that stayed without an answer: the host had chosen link and next hop all the same. */
const solicitation = (asked: Asked): { link: string; router?: string; number: number } | undefined => {
  const { plan, probe, packets } = asked;
  const { question } = asked.exchange;
  const destinations = 'destinations' in question ? question.destinations : [];
  for (const packet of packets.filter(during(asked))) {
    const target = packet.node === probe.node ? solicitedAddress(packet.headers) : undefined;
    if (target === undefined) continue;
    const node = nodeByAddress(plan, target, packet.link);
    if (!node && !destinations.includes(target)) continue;
    const isDestination =
      destinations.includes(target) || (node && addressesOf(node).some((one) => destinations.includes(one)));
    return { link: packet.link, router: isDestination ? 'on-link' : node!.name, number: packet.number };
  }
  return undefined;
};

/** Not duplicate address detection, which asks from the unspecified address (RFC 4862 section 5.4.2, RFC 5227). */
const solicitedAddress = ({ kind, nd, arp, ip }: Packet['headers']): string | undefined => {
  if (kind === 'neighbour-solicitation' && ip?.source !== '::') return nd?.target;
  if (kind === 'arp-request' && arp?.senderAddress !== '0.0.0.0' && arp?.senderAddress !== arp?.targetAddress)
    return arp?.targetAddress;
  return undefined;
};
