import type { Plan } from '../plan/plan.ts';
import type { Decision } from './decision.ts';
import type { IpPacket } from './packets.ts';

import { addressesOf, firstHop, networkOf, nodeNamed, onePrefixOfSeveral } from './places.ts';

/** The way a packet left the host. */
export interface Way {
  router: string;
  link: string;
  source: string;
  sourceNetwork?: string;
  /** Which of that network's prefixes, where it has several. */
  sourcePrefix?: string;
}

export const wayOf = (plan: Plan, { link, headers: { ethernet, ip } }: IpPacket): Way => {
  const sourceNetwork = networkOf(plan, ip.source, link);
  const sourcePrefix = sourceNetwork && onePrefixOfSeveral(plan, ip.source, sourceNetwork);
  return {
    router: firstHop(plan, link, ethernet.destination, ip.destination),
    link,
    source: ip.source,
    ...(sourceNetwork && { sourceNetwork }),
    ...(sourcePrefix && { sourcePrefix }),
  };
};

/** Ways that differ in link, router or source; the first packet of each. */
export const firstOfEachWay = (plan: Plan, packets: IpPacket[]): IpPacket[] => {
  const keys = packets.map((packet) => JSON.stringify(wayOf(plan, packet)));
  return packets.filter((_, index) => keys.indexOf(keys[index]!) === index);
};

/** By whom and over which link a packet came to the host. */
export const arrivalOf = (plan: Plan, { link, node, headers: { ip } }: IpPacket): Decision['arrival'] => ({
  router: addressesOf(nodeNamed(plan, node)!).includes(ip.source) ? 'on-link' : node,
  link,
});
