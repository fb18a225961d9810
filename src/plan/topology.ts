/**
 * Lab → links, interfaces and addresses. Everything is numbered by its place in the lab, so that a run is
 * like every other run: interface indexes, MAC addresses and with them the addresses of SLAAC.
 */
import type { Lab, Node } from '../lab/schema.ts';
import {
  canonical,
  canonicalPrefix,
  contains,
  type Family,
  familyOf,
  linkLocalOf,
  nth,
  prefixLength,
} from './addresses.ts';
import {
  FABRIC,
  INTERNET,
  type PlannedInterface,
  type PlannedLink,
  type PlannedPort,
  type Role,
} from './plan.ts';

export interface TopologyNode {
  name: string;
  role: Role;
  /** Undefined for the internet, which no lab declares. */
  lab?: Node;
  interfaces: PlannedInterface[];
}

export interface Topology {
  links: PlannedLink[];
  nodes: TopologyNode[];
}

/** More than kernel and daemons give themselves, and the same in every lab. */
const FIRST_INDEX = 100;

export const list = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

const roleOf = (node: Node): Role =>
  'router' in node ? 'router' : 'server' in node ? 'server' : 'host' in node ? 'host' : 'under-test';

const linksOf = (node: Node): string[] =>
  'router' in node
    ? node.router
    : 'server' in node
      ? node.server
      : 'host' in node
        ? node.host
        : node['under-test'];

/** The name of the point-to-point link between a node and the internet. */
const internetLink = (node: string): string => `${INTERNET}:${node}`;

export const isInternetLink = (link: string): boolean => link.startsWith(`${INTERNET}:`);

export const makeTopology = (lab: Lab): Topology => {
  let index = FIRST_INDEX;
  const nextIndex = () => index++;
  const nextBridge = () => {
    const bridgeIndex = nextIndex();
    return { name: `b${bridgeIndex}`, index: bridgeIndex };
  };
  const nextPort = (bridge: string): PlannedPort => {
    const portIndex = nextIndex();
    return { place: FABRIC, name: `p${portIndex}`, index: portIndex, bridge };
  };
  const links = Object.entries(lab.networks).map(
    ([name, network]): PlannedLink => ({
      name,
      kind: 'network',
      mtu: network.mtu ?? 1500,
      ipv4: list(network.ipv4).map(canonicalPrefix),
      ipv6: list(network.ipv6).map(canonicalPrefix),
      bridge: nextBridge(),
    }),
  );
  const nodes = Object.entries(lab.nodes).map(
    ([name, node]): TopologyNode => ({ name, role: roleOf(node), lab: node, interfaces: [] }),
  );
  const internet: TopologyNode = { name: INTERNET, role: 'internet', interfaces: [] };

  const attach = (
    node: TopologyNode,
    nodeNumber: number,
    link: PlannedLink,
    name: string,
    index: number,
    port: PlannedPort,
  ): PlannedInterface => {
    const mac = node.lab?.mac?.[name] ?? macAddress(links.indexOf(link), nodeNumber);
    const planned: PlannedInterface = {
      name,
      link: link.name,
      index,
      mac,
      linkLocal: canonical(node.lab?.['link-local']?.[name] ?? linkLocalOf(mac)),
      addresses: [],
      port,
      plugged: node.role !== 'under-test',
    };
    node.interfaces.push(planned);
    return planned;
  };

  nodes.forEach((node, number) => {
    for (const name of linksOf(node.lab!)) {
      const own = nextIndex();
      if (name !== INTERNET) {
        const link = links.find((candidate) => candidate.name === name)!;
        attach(node, number + 1, link, name, own, nextPort(link.bridge!.name));
        continue;
      }
      const link: PlannedLink = {
        name: internetLink(node.name),
        kind: 'internet',
        mtu: 1500,
        ipv4: [],
        ipv6: [],
      };
      // Where computing takes no time a packet and what it causes have one time stamp, and only one ring knows their order.
      if (lab.timers === 'virtual') link.bridge = nextBridge();
      links.push(link);
      const other = nextIndex();
      const nearEnd = { place: node.name, name: INTERNET, index: own };
      const farEnd = { place: INTERNET, name: `n${own}`, index: other };
      const portOr = (end: PlannedPort) => (link.bridge ? nextPort(link.bridge.name) : end);
      const near = attach(node, number + 1, link, INTERNET, own, portOr(farEnd));
      const far = attach(internet, 0, link, farEnd.name, other, portOr(nearEnd));
      const transit = `100.64.${internet.interfaces.length}`;
      near.addresses.push(`${transit}.1/31`);
      far.addresses.push(`${transit}.0/31`);
    }
  });
  giveAddresses(nodes, links);
  return { links, nodes: internet.interfaces.length > 0 ? [...nodes, internet] : nodes };
};

const macAddress = (link: number, node: number): string =>
  ['02', '00', '00', link, node >> 8, node & 255]
    .map((byte) => (typeof byte === 'string' ? byte : byte.toString(16).padStart(2, '0')))
    .join(':');

/** Routers, servers and hosts get the first free addresses of each prefix of their links; the host under test none. */
const giveAddresses = (nodes: TopologyNode[], links: PlannedLink[]): void => {
  const taken = new Set(
    nodes
      .flatMap((node) => Object.values(node.lab!.addresses ?? {}).flat())
      .map((a) => canonical(a.split('/')[0]!)),
  );
  const firstFree = makeFirstFree(taken);
  for (const node of nodes) {
    const lab = node.lab!;
    const shorthand = [...list(lab.ipv4), ...list(lab.ipv6)].map(canonical);
    for (const address of shorthand) taken.add(address);
    for (const planned of node.interfaces) {
      const stated = lab.addresses?.[planned.name];
      if (stated) {
        planned.addresses = stated.map((a) => `${canonical(a.split('/')[0]!)}/${prefixLength(a)}`);
        continue;
      }
      const link = links.find(({ name }) => name === planned.link)!;
      for (const prefix of [...link.ipv4, ...link.ipv6]) {
        const own = shorthand.filter((address) => contains(prefix, address));
        if (own.length === 0 && node.role === 'under-test') continue;
        const given = own.length > 0 ? own : [firstFree(prefix)];
        for (const address of given) {
          taken.add(address);
          planned.addresses.push(`${address}/${prefixLength(prefix)}`);
        }
      }
    }
    placeElsewhere(node, shorthand, links);
  }
};

/** Addresses outside every prefix of the node's links stand on its way to the internet, or on its first link. */
const placeElsewhere = (node: TopologyNode, shorthand: string[], links: PlannedLink[]): void => {
  const prefixes = node.interfaces.flatMap(({ link }) => {
    const { ipv4, ipv6 } = links.find(({ name }) => name === link)!;
    return [...ipv4, ...ipv6];
  });
  const place = node.interfaces.find(({ name }) => name === INTERNET) ?? node.interfaces[0]!;
  for (const address of shorthand) {
    if (prefixes.some((prefix) => contains(prefix, address))) continue;
    place.addresses.push(`${address}/${familyOf(address) === 'ipv6' ? 128 : 32}`);
  }
};

/** Nothing is ever given back, so the search in a prefix goes on where it ended. */
const makeFirstFree = (taken: Set<string>) => {
  const tried = new Map<string, number>();
  return (prefix: string): string => {
    for (let n = (tried.get(prefix) ?? 0) + 1; ; n++) {
      const address = nth(prefix, n);
      if (taken.has(address)) continue;
      tried.set(prefix, n);
      return address;
    }
  };
};

export const nodeNamed = (topology: Topology, name: string): TopologyNode | undefined =>
  topology.nodes.find((node) => node.name === name);

export const hostUnderTest = (topology: Topology): TopologyNode =>
  topology.nodes.find((node) => node.role === 'under-test')!;

const isTransit = (address: string): boolean => contains('100.64.0.0/16', address);

/** The address by which a node is meant where the lab gives its name: its own rather than one of the way to the internet. */
export const addressOfNode = (node: TopologyNode, family: Family, link?: string): string | undefined => {
  const interfaces = link ? node.interfaces.filter(({ name }) => name === link) : node.interfaces;
  const own = interfaces
    .flatMap(({ addresses }) => addresses.map((a) => a.split('/')[0]!))
    .filter((address) => familyOf(address) === family);
  const meant = own.filter((address) => !isTransit(address));
  return (
    (node.role === 'server' ? meant.find((address) => listedFirst(node, address)) : undefined) ??
    meant[0] ??
    own[0]
  );
};

const listedFirst = (node: TopologyNode, address: string): boolean =>
  [...list(node.lab?.ipv4), ...list(node.lab?.ipv6)].map(canonical).includes(address);
