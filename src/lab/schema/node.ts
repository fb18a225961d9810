/** Nodes: routers, servers, other hosts and the host under test. */
import { z } from 'zod';
import { naming } from './names.ts';
import { Daemons, DhcpV4, DhcpV6, DnsServer, RouterAdvertisement } from './services.ts';
import {
  Address,
  AddressFamily,
  AddressWithLength,
  define,
  describe,
  Ipv4Address,
  Ipv6Address,
  Mac,
  Name,
  oneOrMany,
  Prefix,
} from './values.ts';

const ImageName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._\-/:@]*$/i, 'expected the name of an image: debian:trixie');

export const Route = define(
  'Route',
  'A static route',
  z.strictObject({
    to: describe('default, or a prefix', z.union([z.literal('default'), Prefix])),
    from: describe('Source prefix, for a source-specific route', Prefix).optional(),
    family: describe('Needed only where to: default has no via', AddressFamily).optional(),
    via: describe(
      'Next hop; a node means its address on the link (link-local for IPv6)',
      naming('node', 'address'),
    ).optional(),
    link: describe('The link it leaves by', naming('own link')).optional(),
    metric: describe('Metric', z.int().min(0)).optional(),
    source: describe('Preferred source address', Address).optional(),
    table: describe('Routing table (default main)', z.int().min(1)).optional(),
    onlink: describe('The next hop is on the link although no prefix says so', z.boolean()).optional(),
  }),
);

export const Rule = define(
  'Rule',
  'A routing policy rule',
  z.strictObject({
    family: describe('Needed only where neither from nor to tells it', AddressFamily).optional(),
    from: describe('Source', z.union([Prefix, Address])).optional(),
    to: describe('Destination', z.union([Prefix, Address])).optional(),
    mark: describe('Packet mark', z.int().min(0)).optional(),
    uid: describe('User id of the sender', z.int().min(0)).optional(),
    link: describe('Bound to this link (oif)', naming('own link')).optional(),
    table: describe('The routing table to look in', z.int().min(1)),
    priority: describe('Priority: the lowest is looked at first', z.int().min(0)).optional(),
  }),
);

export const everyNode = {
  ipv4: describe(
    'Address of a node that has one link besides its networks: 192.0.2.1 (a server on the internet)',
    oneOrMany(Ipv4Address),
  ).optional(),
  ipv6: describe('As ipv4: 2001:db8:ff::1', oneOrMany(Ipv6Address)).optional(),
  addresses: describe(
    'Static addresses per link; left out: routers, servers and hosts get the first free addresses of each prefix, the host under test none',
    z.record(naming('own link'), z.array(AddressWithLength)),
  ).optional(),
  'link-local': describe(
    'Link-local address per link (default: from the MAC address)',
    z.record(naming('own link'), Ipv6Address),
  ).optional(),
  mac: describe('MAC address per link (default: from the lab)', z.record(naming('own link'), Mac)).optional(),
  routes: describe('Static routes', z.array(Route)).optional(),
  rules: describe('Routing policy rules', z.array(Rule)).optional(),
  labels: describe(
    'Address labels for source selection (ip addrlabel, RFC 6724 section 2.1)',
    z.record(Prefix, z.int().min(0)),
  ).optional(),
  sysctls: describe(
    'Kernel parameters below net.: { net.ipv6.conf.wifi.accept_ra_rt_info_max_plen: 64 }',
    z.record(
      z.string().regex(/^net\.[\w.\-/]+$/, 'expected a parameter below net.'),
      z.union([z.int(), z.string()]),
    ),
  ).optional(),
  nftables: describe('An nftables ruleset', z.string()).optional(),
  ip: describe(
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the reference is part of the lab language
    'iproute2 commands without the leading ip: "rule add fwmark 7 table 100"; ${NODE.LINK.ipv6} stands for an address',
    z.array(z.string()),
  ).optional(),
  tc: describe('tc commands without the leading tc', z.array(z.string())).optional(),
  dns: DnsServer.optional(),
  daemons: Daemons.optional(),
};

export const linkServices = {
  ra: describe(
    'Router advertisements per link',
    z.record(naming('own link'), RouterAdvertisement),
  ).optional(),
  dhcpv4: describe('DHCPv4 server per link', z.record(naming('own link'), DhcpV4)).optional(),
  dhcpv6: describe('DHCPv6 server per link', z.record(naming('own link'), DhcpV6)).optional(),
};

export const Container = define(
  'Container',
  'The container that a host lives in',
  z.strictObject({
    image: describe('An image that the container engine has: debian:trixie', ImageName),
    init: describe(
      "The image's own command is an init such as systemd, which starts the stack: miflab lays its configuration and starts no program there",
      z.boolean(),
    ).optional(),
  }),
);

const container = describe(
  'The container that the host lives in, or only its image (docs/containers.md)',
  z.union([ImageName, Container]),
).optional();

const hostFiles = {
  container,
  image: describe(
    'The user land that the host lives in: trixie (default: the one of its stack, or the machine)',
    Name,
  ).optional(),
  resolver: describe(
    'The resolver configuration (/etc/resolv.conf)',
    z.strictObject({
      servers: describe('Name servers', z.array(naming('node', 'address'))),
      search: describe('Search domains', z.array(z.string())).optional(),
      options: describe('Options: timeout:1', z.array(z.string())).optional(),
    }),
  ).optional(),
  'etc-hosts': describe(
    'Lines of /etc/hosts: name to addresses',
    z.record(z.string(), oneOrMany(Address)),
  ).optional(),
  'gai-conf': describe('Text of /etc/gai.conf', z.string()).optional(),
};

const InternetLinks = describe(
  'The links of the node, in order',
  z.array(naming('network or internet')).min(1),
);
const Links = describe('The links of the node, in order', z.array(naming('network')).min(1));

export const Router = define(
  'Router',
  'A router',
  z.strictObject({
    router: InternetLinks,
    ...linkServices,
    ...everyNode,
    'source-filter': describe(
      'The internet drops packets from this router whose source is none of its prefixes (BCP 38, RFC 2827)',
      z.boolean(),
    ).optional(),
    delegated: describe(
      "The prefixes of its links that are this router's: the internet routes them to it, and source-filter lets them pass (default: all of its links)",
      z.array(Prefix),
    ).optional(),
    nat: describe(
      "NAT44: IPv4 packets to the internet leave with the router's own address",
      z.boolean(),
    ).optional(),
    announce: describe(
      'Prefixes that the internet routes to this router besides those of its links',
      z.array(Prefix),
    ).optional(),
  }),
);

export const Server = define(
  'Server',
  'A server: it answers what comes to it',
  z.strictObject({
    server: InternetLinks,
    prefixes: describe('Whole prefixes that this server answers for', z.array(Prefix)).optional(),
    ...everyNode,
  }),
);

export const OtherHost = define(
  'OtherHost',
  'Another host on the links',
  z.strictObject({
    host: Links,
    image: hostFiles.image,
    container,
    ...linkServices,
    ...everyNode,
  }),
);

export const HostUnderTest = define(
  'HostUnderTest',
  'The node whose decisions are measured; every lab has one',
  z.strictObject({
    'under-test': Links,
    ...hostFiles,
    ...everyNode,
  }),
);

export const Node = define(
  'Node',
  'A node: its role is the key that names its links',
  z.union([Router, Server, OtherHost, HostUnderTest]),
);

export type Container = z.infer<typeof Container>;
export type Router = z.infer<typeof Router>;
export type Server = z.infer<typeof Server>;
export type OtherHost = z.infer<typeof OtherHost>;
export type HostUnderTest = z.infer<typeof HostUnderTest>;
export type Node = z.infer<typeof Node>;
export type Route = z.infer<typeof Route>;
export type Rule = z.infer<typeof Rule>;
