/** The daemons of a lab: each service that a node offers, in the words of its daemon. Pure. */
import type { Lab } from '../lab/schema.ts';
import { servicesOf } from '../services/index.ts';
import type { ServiceContext } from '../services/service.ts';
import { canonical, type Family } from './addresses.ts';
import type { PlannedDaemon } from './plan.ts';
import { planned } from './plan-mistake.ts';
import { addressOfNode, isInternetLink, nodeNamed, type Topology, type TopologyNode } from './topology.ts';

const DAEMON_FOLDER = '/run/miflab/daemons';

export const planDaemons = (lab: Lab, topology: Topology): PlannedDaemon[] =>
  Object.entries(lab.nodes).flatMap(([name, node]) =>
    planned(['nodes', name], () =>
      servicesOf(name, node, (link, id) => contextOf(nodeNamed(topology, name)!, link, id, topology)),
    ).map(({ id, service }) => ({ ...service, id, node: name, started: true })),
  );

const contextOf = (
  node: TopologyNode,
  link: string | undefined,
  id: string,
  topology: Topology,
): ServiceContext => {
  const planned = node.interfaces.find(({ name }) => name === link);
  const linkOf = (name: string) => topology.links.find((candidate) => candidate.name === name)!;
  const own = planned && linkOf(planned.link);
  return {
    node: node.name,
    interface: planned,
    interfaces: node.interfaces,
    ipv4: own?.ipv4 ?? [],
    ipv6: own?.ipv6 ?? [],
    prefixesByLink: Object.fromEntries(
      topology.links
        .filter(({ name }) => !isInternetLink(name))
        .map(({ name, ipv4, ipv6 }) => [name, [...ipv4, ...ipv6]]),
    ),
    folder: `${DAEMON_FOLDER}/${id}`,
    addressOf: (nameOrAddress, family) => addressSeenFrom(nameOrAddress, family, link, topology),
    macOf: (name) => nodeNamed(topology, name)!.interfaces.find((other) => other.link === planned?.link)!.mac,
  };
};

/** A node's address on the link where it has one there, or else its own; throws a sentence where it has none. */
const addressSeenFrom = (
  nameOrAddress: string,
  family: Family,
  link: string | undefined,
  topology: Topology,
): string => {
  const node = nodeNamed(topology, nameOrAddress);
  if (!node) return canonical(nameOrAddress);
  const address = (link && addressOfNode(node, family, link)) || addressOfNode(node, family);
  if (!address) throw new Error(`${nameOrAddress} has no ${family} address`);
  return address;
};
