/** The name servers that a stack learns from networks, and labs about those that it cannot learn. Pure. */
import { isIP } from 'node:net';
import type { HostUnderTest, Lab, Probe } from '../lab/schema.ts';
import type { NameServers } from '../stacks/stack.ts';
import { canonical } from './addresses.ts';
import { type LinkOffers, type NameServerSource, nameServersOn, offersOn } from './offers.ts';
import type { HostState } from './state.ts';
import { addressOfNode, hostUnderTest, list, nodeNamed, type Topology } from './topology.ts';

/** A server in the words of the lab → its address, in the family by which it was named where that is known. */
export const serverAddress = (server: string, topology: Topology, by?: NameServerSource): string[] => {
  const node = nodeNamed(topology, server);
  if (!node) return [canonical(server)];
  const [first, second] = by === 'dhcpv4' ? (['ipv4', 'ipv6'] as const) : (['ipv6', 'ipv4'] as const);
  return list(addressOfNode(node, first) ?? addressOfNode(node, second));
};

/** Those that the resolver file shows once the stack has taken up what a link offers. */
export const shownServers = (nameServers: NameServers, offers: LinkOffers, topology: Topology): string[] =>
  nameServers.shown === 'all'
    ? learntServers(nameServers, offers, topology).map(({ address }) => address)
    : [];

/** What the stack has said by then of those that no file shows. */
export const toldServers = (
  nameServers: NameServers,
  offers: LinkOffers,
  topology: Topology,
): HostState['said'] =>
  learntServers(nameServers, offers, topology).flatMap(
    ({ address, by }) => nameServers.knows?.(address, by) ?? [],
  );

const learntServers = (
  { from }: NameServers,
  offers: LinkOffers,
  topology: Topology,
): { address: string; by: NameServerSource }[] => {
  const namings = nameServersOn(offers).filter(({ by }) => from.includes(by));
  // Of two DHCP servers a host asks one, which is its choice.
  const alone = namings.filter(
    (naming) => naming.by === 'rdnss' || !namings.some((other) => other !== naming && other.by === naming.by),
  );
  return alone.flatMap(({ by, servers }) =>
    servers.flatMap((server) => serverAddress(server, topology, by).map((address) => ({ address, by }))),
  );
};

const WAYS: Record<NameServerSource, string> = {
  dhcpv4: 'DHCPv4',
  dhcpv6: 'DHCPv6',
  information: 'DHCPv6 information',
  rdnss: 'router advertisements',
};

/** Why a lab that asks for names, or waits for name servers, is none for this stack, in one sentence. */
export const unlearnable = (
  stack: string,
  { from, shown }: NameServers,
  { experiment }: Lab,
  topology: Topology,
): string | undefined => {
  const host = hostUnderTest(topology);
  const namings = host.interfaces.flatMap(({ link }) => nameServersOn(offersOn(topology, link)));
  const awaited = experiment.flatMap(({ settle, wait }) => [
    ...((settle !== true && settle?.resolver) || []),
    ...(wait?.resolver ?? []),
  ]);
  if (awaited.length > 0 && shown === 'none')
    return `a lab cannot wait for the name servers of ${stack}: its own DNS proxy alone stands in resolv.conf`;
  const isLearnt = ({ by }: { by: NameServerSource }) => from.includes(by);
  const unlearnt = (ways: typeof namings) => (ways.some(isLearnt) ? [] : ways);
  const { resolver } = host.lab as HostUnderTest;
  const asks =
    !resolver &&
    experiment.some(({ probe }) => Object.values(probe ?? {}).some((probe) => asksNames(probe, topology)));
  const [lacking] = [
    ...awaited.flatMap((server) => unlearnt(namings.filter(({ servers }) => servers.includes(server)))),
    ...(asks ? unlearnt(namings) : []),
  ];
  return (
    lacking && `the ${stack} stack takes no name servers from ${WAYS[lacking.by]}, and the lab needs those`
  );
};

/** Whether a probe needs a name server that the host knows. */
const asksNames = ({ resolve, reverse, fetch }: Probe, topology: Topology): boolean => {
  if (resolve !== undefined || reverse !== undefined) return true;
  if (fetch === undefined) return false;
  const { hostname } = new URL(typeof fetch === 'string' ? fetch : fetch.url);
  return isIP(hostname.replace(/^\[|\]$/g, '')) === 0 && !nodeNamed(topology, hostname);
};
