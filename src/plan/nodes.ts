/** What each node is told before anything starts: kernel parameters, addresses, routes, rules, rulesets, files. */
import type { HostUnderTest, Lab, Route, Router, Rule, Server } from '../lab/schema.ts';
import { canonical, contains, type Family, familyOf } from './addresses.ts';
import {
  INTERNET,
  type PlannedContainer,
  type PlannedInterface,
  type PlannedNode,
  type Role,
  type Timers,
} from './plan.ts';
import { resolveReferences } from './references.ts';
import {
  addressOfNode,
  isInternetLink,
  list,
  nodeNamed,
  type Topology,
  type TopologyNode,
} from './topology.ts';

export const planNode = (node: TopologyNode, topology: Topology, lab: Lab, timers: Timers): PlannedNode => ({
  name: node.name,
  role: node.role,
  ownFiles: node.role === 'under-test' || node.role === 'host',
  image: (node.lab as HostUnderTest | undefined)?.image,
  container: plannedContainer((node.lab as HostUnderTest | undefined)?.container),
  interfaces: node.interfaces,
  files: filesOf(node, topology),
  sysctls: [...baseline(node, timers), ...stated(node)],
  ip: [...linkLocals(node), ...routesOf(node, topology, lab)],
  nftables: [rulesetOf(node, topology, lab), resolve(node.lab?.nftables ?? '', topology)]
    .filter(Boolean)
    .join('\n'),
  tc: (node.lab?.tc ?? []).map((line) => resolve(line, topology)),
});

export const plannedContainer = (container: HostUnderTest['container']): PlannedContainer | undefined =>
  typeof container === 'string'
    ? { image: container, init: false }
    : container && { image: container.image, init: container.init ?? false };

const resolve = (text: string, topology: Topology) => resolveReferences(text, topology);

const everyInterface = (
  node: TopologyNode,
  key: (name: string) => string,
  value: string,
): [string, string][] => node.interfaces.map(({ name }) => [key(name), value]);

/**
 * A new network namespace takes IPv4 parameters over from the machine (net.core.devconf_inherit_init_net), so
 * what decides is written out: the kernel's own defaults for hosts, forwarding for routers.
 */
const baseline = (node: TopologyNode, timers: Timers): [string, string][] => {
  const forwards = node.role === 'router' || node.role === 'internet';
  const isHost = node.role === 'under-test' || node.role === 'host';
  const ipv4Defaults = ['all', 'default'].flatMap((scope): [string, string][] =>
    (['rp_filter', 'arp_ignore', 'arp_announce', 'arp_filter', 'proxy_arp'] as const).map((key) => [
      `net.ipv4.conf.${scope}.${key}`,
      '0',
    ]),
  );
  const perInterface = everyInterface(node, (name) => `net.ipv4.conf.${name}.rp_filter`, '0');
  const forwarding: [string, string][] = [
    ['net.ipv4.ip_forward', forwards ? '1' : '0'],
    ['net.ipv6.conf.all.forwarding', forwards ? '1' : '0'],
  ];
  const redirects: [string, string][] = isHost
    ? ['all', 'default', ...node.interfaces.map(({ name }) => name)].map((scope) => [
        `net.ipv4.conf.${scope}.accept_redirects`,
        '1',
      ])
    : [];
  const routers: [string, string][] = isHost
    ? []
    : [
        ...everyInterface(node, (name) => `net.ipv6.conf.${name}.accept_ra`, '0'),
        // A tentative link-local address would make radvd miss the first solicitation: 4 s until the next.
        ...everyInterface(node, (name) => `net.ipv6.conf.${name}.accept_dad`, '0'),
        ...everyInterface(node, (name) => `net.ipv4.conf.${name}.send_redirects`, '0'),
      ];
  // The reverse path is measured on the host, never on the networks around it.
  const fast: [string, string][] =
    timers === 'fast' && isHost
      ? [
          ...everyInterface(node, (name) => `net.ipv6.conf.${name}.router_solicitation_delay`, '0'),
          ...everyInterface(node, (name) => `net.ipv6.neigh.${name}.retrans_time_ms`, '10'),
        ]
      : [];
  return [
    ...ipv4Defaults,
    ...perInterface,
    ...forwarding,
    ...redirects,
    ...routers,
    ...fast,
    ...ownLinkLocals(node),
  ];
};

/** A link-local address that the lab states is the only one: no other is made from the MAC address. */
const ownLinkLocals = (node: TopologyNode): [string, string][] =>
  Object.keys(node.lab?.['link-local'] ?? {}).map((name) => [`net.ipv6.conf.${name}.addr_gen_mode`, '1']);

const stated = (node: TopologyNode): [string, string][] =>
  Object.entries(node.lab?.sysctls ?? {}).map(([key, value]) => [key, String(value)]);

const linkLocals = (node: TopologyNode): string[] =>
  node.interfaces
    .filter(({ name }) => node.lab?.['link-local']?.[name])
    .map(({ name, linkLocal }) => `addr add ${linkLocal}/64 dev ${name} scope link`);

const routesOf = (node: TopologyNode, topology: Topology, lab: Lab): string[] => {
  if (node.role === 'internet') return internetRoutes(node, topology, lab);
  const own = node.lab!;
  return [
    ...(own.routes ? [] : defaultRoutes(node, topology)),
    ...('server' in own ? ((own as Server).prefixes ?? []) : []).map(
      (prefix) => `route add local ${prefix} dev lo`,
    ),
    ...(own.routes ?? []).map((route) => routeLine(route, node, topology)),
    ...(own.rules ?? []).flatMap((rule) => ruleLines(rule)),
    ...Object.entries(own.labels ?? {}).map(
      ([prefix, label]) => `addrlabel add prefix ${prefix} label ${label}`,
    ),
    ...(own.ip ?? []).map((line) => resolve(line, topology)),
  ];
};

/** Routers and servers on the internet look there; other servers and hosts to the first router of their first link. */
const defaultRoutes = (node: TopologyNode, topology: Topology): string[] => {
  if (node.role === 'under-test') return [];
  const near = node.interfaces.find(({ link }) => isInternetLink(link));
  if (near) {
    const far = firstOn(topology, near.link, (role) => role === 'internet')!.planned;
    return nextHopLines('default', near, far);
  }
  if (node.role === 'router') return [];
  const first = node.interfaces[0]!;
  const router = firstOn(topology, first.link, (role) => role === 'router')?.planned;
  return router ? nextHopLines('default', first, router) : [];
};

const addressIn = (planned: PlannedInterface, family: Family): string | undefined =>
  planned.addresses.map((a) => a.split('/')[0]!).find((address) => familyOf(address) === family);

const nextHopLines = (to: string, own: PlannedInterface, hop: PlannedInterface): string[] => {
  const ipv4 = addressIn(hop, 'ipv4');
  return [
    ...(ipv4 ? [`route add ${to} via ${ipv4} dev ${own.name}`] : []),
    `route add ${to} via ${hop.linkLocal} dev ${own.name}`,
  ];
};

/** The first of the nodes of some role on a link, with its interface there. */
const firstOn = (topology: Topology, link: string, isWanted: (role: Role) => boolean) => {
  for (const node of topology.nodes) {
    const planned = isWanted(node.role) && node.interfaces.find((candidate) => candidate.link === link);
    if (planned) return { node, planned };
  }
  return undefined;
};

/** From where its ICMP errors come. */
const INTERNET_ADDRESSES = ['192.0.0.8/32', '2001:db8:ffff:ffff::1/128'];

/** The internet knows the way back to the prefixes of every router and to every server. */
const internetRoutes = (internet: TopologyNode, topology: Topology, lab: Lab): string[] => {
  const routed = new Set<string>();
  const ownAddresses = INTERNET_ADDRESSES.map((address) => `addr add ${address} dev lo`);
  const routes = internet.interfaces.flatMap((own) => {
    const { node, planned } = firstOn(topology, own.link, (role) => role !== 'internet')!;
    const prefixes = routedTo(node, topology, lab).filter((prefix) => !routed.has(prefix));
    for (const prefix of prefixes) routed.add(prefix);
    return prefixes.map((prefix) =>
      familyOf(prefix) === 'ipv4'
        ? `route add ${prefix} via ${addressIn(planned, 'ipv4')} dev ${own.name}`
        : `route add ${prefix} via ${planned.linkLocal} dev ${own.name}`,
    );
  });
  return [...ownAddresses, ...routes];
};

const routedTo = (node: TopologyNode, topology: Topology, lab: Lab): string[] => {
  const own = lab.nodes[node.name]!;
  const networks = node.interfaces
    .filter(({ link }) => !isInternetLink(link))
    .map(({ link }) => topology.links.find(({ name }) => name === link)!);
  const translated = 'router' in own && (own as Router).nat === true;
  const ofNetworks = networks.flatMap(({ ipv4, ipv6 }) => [...(translated ? [] : ipv4), ...ipv6]);
  const addresses = node.interfaces
    .filter(({ link }) => isInternetLink(link))
    .flatMap((planned) => planned.addresses)
    .filter((address) => !address.startsWith('100.64.'));
  return [
    ...('router' in own ? ((own as Router).delegated ?? ofNetworks) : []),
    ...('router' in own ? ((own as Router).announce ?? []) : []),
    ...('server' in own ? ((own as Server).prefixes ?? []) : []),
    ...addresses,
  ];
};

const rulesetOf = (node: TopologyNode, topology: Topology, lab: Lab): string => {
  if (node.role === 'internet') return sourceFilters(node, topology, lab);
  if (node.role !== 'router' || !(node.lab as Router).nat) return '';
  return `table ip miflab_nat {
  chain postrouting {
    type nat hook postrouting priority 100;
    oifname "${INTERNET}" masquerade
  }
}`;
};

/** BCP 38: what a router's provider does to sources that are none of its prefixes. */
const sourceFilters = (internet: TopologyNode, topology: Topology, lab: Lab): string => {
  const rules = internet.interfaces.flatMap((own) => {
    const { node } = firstOn(topology, own.link, (role) => role !== 'internet')!;
    if (!(node.lab as Router)['source-filter']) return [];
    const allowed = [
      ...routedTo(node, topology, lab),
      ...node.interfaces.flatMap(({ addresses }) => addresses.map((a) => a.split('/')[0]!)),
    ];
    return (['ipv4', 'ipv6'] as const).map((family) => {
      const sources = [...new Set(allowed.filter((prefix) => familyOf(prefix) === family))].filter(
        (source, _, all) =>
          source.includes('/') || !all.some((prefix) => prefix.includes('/') && contains(prefix, source)),
      );
      const key = family === 'ipv4' ? 'ip saddr' : 'ip6 saddr';
      const from = `iifname "${own.name}"`;
      const protocol = family === 'ipv4' ? 'meta nfproto ipv4' : 'meta nfproto ipv6';
      return sources.length > 0
        ? `${from} ${key} != { ${sources.join(', ')} } drop`
        : `${from} ${protocol} drop`;
    });
  });
  if (rules.length === 0) return '';
  return `table inet miflab_source_filter {
  chain forward {
    type filter hook forward priority 0;
    ${rules.join('\n    ')}
  }
}`;
};

/** `ip -batch` takes no -4 or -6 on a line; it reads the family off the prefix. */
const everything = (family: Family) => (family === 'ipv4' ? '0.0.0.0/0' : '::/0');

/** A static route with its next hop as an address. */
export interface StaticRoute extends Omit<Route, 'family'> {
  family: Family;
  to: string;
}

export const staticRoute = (route: Route, node: TopologyNode, topology: Topology): StaticRoute => {
  const family: Family =
    route.to !== 'default'
      ? familyOf(route.to)
      : route.via && /[:.]/.test(route.via)
        ? familyOf(route.via)
        : (route.family ?? 'ipv6');
  const hop = nextHop(route, family, node, topology);
  return {
    ...route,
    family,
    to: route.to === 'default' ? everything(family) : route.to,
    via: hop.address,
    link: hop.link,
    ...(route.source && { source: canonical(route.source) }),
  };
};

const routeLine = (stated: Route, node: TopologyNode, topology: Topology): string => {
  const route = staticRoute(stated, node, topology);
  return [
    `route append ${route.to}`,
    route.from && `from ${route.from}`,
    route.via && `via ${route.via}`,
    route.link && `dev ${route.link}`,
    route.source && `src ${route.source}`,
    route.metric !== undefined && `metric ${route.metric}`,
    route.table && `table ${route.table}`,
    route.onlink && 'onlink',
  ]
    .filter(Boolean)
    .join(' ');
};

/** Where the next hop is a node, the link that the two share goes without saying. */
const nextHop = (
  route: Route,
  family: Family,
  node: TopologyNode,
  topology: Topology,
): { address?: string; link?: string } => {
  const router = route.via && nodeNamed(topology, route.via);
  if (!router) return { address: route.via && canonical(route.via), link: route.link };
  const link =
    route.link ??
    node.interfaces.find((own) => router.interfaces.some((other) => other.link === own.link))?.name;
  const hop = router.interfaces.find(({ name }) => name === link);
  if (!hop) throw new Error(`${route.via} is on no link of ${node.name}`);
  return { address: family === 'ipv6' ? hop.linkLocal : addressOfNode(router, 'ipv4', link)!, link };
};

const ruleLines = (rule: Rule): string[] => {
  const prefix = rule.from ?? rule.to;
  const families: Family[] = rule.family ? [rule.family] : prefix ? [familyOf(prefix)] : ['ipv4', 'ipv6'];
  return families.map((family) =>
    [
      `rule add from ${rule.from ?? everything(family)}`,
      rule.to && `to ${rule.to}`,
      rule.mark !== undefined && `fwmark ${rule.mark}`,
      rule.uid !== undefined && `uidrange ${rule.uid}-${rule.uid}`,
      rule.link && `oif ${rule.link}`,
      `table ${rule.table}`,
      rule.priority !== undefined && `priority ${rule.priority}`,
    ]
      .filter(Boolean)
      .join(' '),
  );
};

const filesOf = (node: TopologyNode, topology: Topology): Record<string, string> => {
  if (node.role !== 'under-test' && node.role !== 'host') return {};
  const host = node.lab as HostUnderTest;
  const names = Object.entries(host['etc-hosts'] ?? {}).flatMap(([name, addresses]) =>
    list(addresses).map((address) => `${address} ${name}`),
  );
  return {
    '/etc/resolv.conf': resolvConf(host, topology),
    '/etc/hosts': ['127.0.0.1 localhost', '::1 localhost', ...names, ''].join('\n'),
    // What a minimal Debian has: no resolved, no mDNS, whatever the machine underneath uses.
    '/etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
    '/etc/gai.conf': host['gai-conf'] ?? '',
  };
};

const resolvConf = (host: HostUnderTest, topology: Topology): string => {
  const { servers = [], search, options } = host.resolver ?? {};
  const lines = servers.map((server) => {
    const node = nodeNamed(topology, server);
    return `nameserver ${node ? (addressOfNode(node, 'ipv6') ?? addressOfNode(node, 'ipv4')) : server}`;
  });
  return [
    ...lines,
    ...(search ? [`search ${search.join(' ')}`] : []),
    ...(options ? [`options ${options.join(' ')}`] : []),
    '',
  ].join('\n');
};
