/** The parts of a lab as its checks ask for them: its host, the links of a node, its steps and probes in order. Pure. */
import { type Family, familyOf } from './addresses.ts';
import type { Path } from './problem.ts';
import type { Lab, Network, Node, Probe, Router, Step } from './schema.ts';

/** The routed core that every lab has without declaring it. */
export const INTERNET = 'internet';

/** What miflab calls its own, so that no network and no node may be called so. */
export const ownNames = [INTERNET, 'fabric'];

const listOf = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

export type Role = 'router' | 'server' | 'host' | 'under-test';

export const roleOf = (node: Node): Role =>
  'router' in node ? 'router' : 'server' in node ? 'server' : 'host' in node ? 'host' : 'under-test';

export const linksOf = (node: Node): string[] =>
  'router' in node
    ? node.router
    : 'server' in node
      ? node.server
      : 'host' in node
        ? node.host
        : node['under-test'];

/** Names of the nodes under test: a right lab has one. */
export const hostsUnderTest = (lab: Lab): string[] =>
  Object.keys(lab.nodes).filter((name) => roleOf(lab.nodes[name]!) === 'under-test');

export const prefixesOf = (network: Network | undefined, family?: Family): string[] =>
  [...listOf(network?.ipv4), ...listOf(network?.ipv6)].filter(
    (prefix) => !family || familyOf(prefix) === family,
  );

/** Whether the lab or the plan gives the node an address; the host under test gets its own from the network. */
export function hasAddress(lab: Lab, name: string, family: Family): boolean {
  const node = lab.nodes[name]!;
  if (listOf(node[family]).length > 0) return true;
  return linksOf(node).some((link) => {
    const stated = node.addresses?.[link];
    if (stated) return stated.some((address) => familyOf(address) === family);
    return roleOf(node) !== 'under-test' && prefixesOf(lab.networks[link], family).length > 0;
  });
}

export interface PlacedStep {
  step: Step;
  path: Path;
}

/** The steps as they stand in the file, those of any-order after one another. */
export const stepsOf = (lab: Lab): PlacedStep[] =>
  lab.experiment.flatMap((step, index) => {
    const path = ['experiment', index];
    const inside = (step['any-order'] ?? []).map((inner, order) => ({
      step: inner,
      path: [...path, 'any-order', order],
    }));
    return [{ step, path }, ...inside];
  });

export interface PlacedProbe {
  name: string;
  probe: Probe;
  path: Path;
}

/** The probes in the order in which they are asked. */
export const probesOf = (lab: Lab): PlacedProbe[] =>
  stepsOf(lab).flatMap(({ step, path }) =>
    Object.entries(step.probe ?? {}).map(([name, probe]) => ({
      name,
      probe,
      path: [...path, 'probe', name],
    })),
  );

/** The services that a node has per link. */
export const linkServices = ['ra', 'dhcpv4', 'dhcpv6'] as const;

export const servicesOf = (node: Node): Pick<Router, (typeof linkServices)[number]> =>
  'router' in node || 'host' in node ? node : {};

/** Ids of what runs on the nodes: lte-router.ra, on one of several links lte-router.ra-lte, lte-router.dns, and other daemons by name. */
export const daemonsOf = (lab: Lab): string[] =>
  Object.entries(lab.nodes).flatMap(([name, node]) => [
    ...linkServices.flatMap((service) => {
      const links = Object.keys(servicesOf(node)[service] ?? {});
      return links.map((link) => (links.length > 1 ? `${name}.${service}-${link}` : `${name}.${service}`));
    }),
    ...(node.dns ? [`${name}.dns`] : []),
    ...Object.keys(node.daemons ?? {}).map((daemon) => `${name}.${daemon}`),
  ]);
