/** Who and where in a plan: nodes by MAC address and by address, networks by prefix. Pure. */
import { contains } from '../plan/addresses.ts';
import type { Plan, PlannedNode } from '../plan/plan.ts';

export const nodeNamed = (plan: Plan, name: string): PlannedNode | undefined =>
  plan.nodes.find((node) => node.name === name);

export const linksOf = (plan: Plan, node: string): Set<string> =>
  new Set(nodeNamed(plan, node)?.interfaces.map(({ link }) => link));

export const nodeByMac = (plan: Plan, link: string, mac: string): PlannedNode | undefined =>
  plan.nodes.find(({ interfaces }) => interfaces.some((one) => one.link === link && one.mac === mac));

/** The addresses that the plan gives a node, on one link or on all. */
export const addressesOf = (node: PlannedNode, link?: string): string[] =>
  node.interfaces
    .filter((one) => link === undefined || one.link === link)
    .flatMap(({ addresses, linkLocal }) => [...addresses.map(withoutLength), linkLocal]);

export const nodeByAddress = (plan: Plan, address: string, link?: string): PlannedNode | undefined =>
  plan.nodes.find((node) => addressesOf(node, link).includes(address));

/** The link whose prefix holds an address; with equal prefixes on several links, the preferred one. */
export const networkOf = (plan: Plan, address: string, preferred?: string): string | undefined => {
  const holding = plan.links
    .filter(({ ipv4, ipv6 }) => [...ipv4, ...ipv6].some((prefix) => contains(prefix, address)))
    .map(({ name }) => name);
  return holding.find((name) => name === preferred) ?? holding[0];
};

/** Where a network has several prefixes of a family, that of an address. */
export const onePrefixOfSeveral = (plan: Plan, address: string, network: string): string | undefined => {
  const { ipv4, ipv6 } = plan.links.find(({ name }) => name === network)!;
  const prefixes = address.includes(':') ? ipv6 : ipv4;
  return prefixes.length > 1 ? prefixes.find((prefix) => contains(prefix, address)) : undefined;
};

/** Multicast and broadcast go to nobody's MAC address (the group bit of IEEE 802). */
const isGroup = (mac: string): boolean => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;

/** The first hop by its MAC address: a node's name, 'on-link' for the destination or its group, else the MAC address. */
export const firstHop = (plan: Plan, link: string, mac: string, destination: string): string => {
  if (isGroup(mac)) return 'on-link';
  const node = nodeByMac(plan, link, mac);
  if (!node) return mac;
  // Hosts have addresses that only they know (SLAAC, DHCP); what they do not forward is for themselves.
  const keeps = node.role !== 'router' && networkOf(plan, destination, link) === link;
  return keeps || addressesOf(node).includes(destination) ? 'on-link' : node.name;
};

const withoutLength = (address: string): string => address.split('/')[0]!;
