/** What runs on a node: router advertisements, DHCP, DNS, any other program. */
import { z } from 'zod';
import { naming } from './names.ts';
import {
  Duration,
  define,
  describe,
  Ipv4Address,
  Ipv4Prefix,
  Ipv6Address,
  Ipv6Prefix,
  Lifetime,
  Name,
  oneOrMany,
  Preference,
} from './values.ts';

export const PrefixInformation = define(
  'PrefixInformation',
  'A Prefix Information option (RFC 4861 section 4.6.2)',
  z.strictObject({
    'on-link': describe('The L flag (default true)', z.boolean()).optional(),
    autonomous: describe('The A flag (default true)', z.boolean()).optional(),
    'router-address': describe('The R flag (RFC 6275 section 7.2)', z.boolean()).optional(),
    'valid-lifetime': describe('Valid lifetime (radvd default 1d)', Lifetime).optional(),
    'preferred-lifetime': describe('Preferred lifetime (radvd default 4h)', Lifetime).optional(),
  }),
);

export const RouteInformation = define(
  'RouteInformation',
  'A Route Information option (RFC 4191 section 2.3)',
  z.strictObject({
    preference: Preference.optional(),
    lifetime: describe('Route lifetime', Lifetime).optional(),
  }),
);

export const RouterAdvertisement = define(
  'RouterAdvertisement',
  'What a router advertises on a link (RFC 4861 section 6.2.1, RFC 4191, RFC 8106)',
  z.strictObject({
    daemon: describe('The daemon that sends it (default radvd)', z.enum(['radvd', 'dnsmasq'])).optional(),
    preference: Preference.optional(),
    lifetime: describe('Router lifetime; 0s: not a default router', Duration).optional(),
    managed: describe('The M flag', z.boolean()).optional(),
    'other-config': describe('The O flag', z.boolean()).optional(),
    'hop-limit': describe('Cur Hop Limit, 0 to 255', z.int().min(0).max(255)).optional(),
    mtu: describe('The MTU option', z.int().min(0)).optional(),
    'reachable-time': describe('Reachable Time', Duration).optional(),
    'retrans-timer': describe('Retrans Timer', Duration).optional(),
    'min-interval': describe('MinRtrAdvInterval', Duration).optional(),
    'max-interval': describe('MaxRtrAdvInterval', Duration).optional(),
    prefixes: describe(
      'Prefix Information options; left out: every IPv6 prefix of the link; {}: none',
      z.record(Ipv6Prefix, PrefixInformation),
    ).optional(),
    routes: describe('Route Information options', z.record(Ipv6Prefix, RouteInformation)).optional(),
    rdnss: describe(
      'RDNSS: resolvers',
      z.strictObject({
        servers: z.array(naming('node', 'address')).min(1),
        lifetime: Lifetime.optional(),
      }),
    ).optional(),
    dnssl: describe(
      'DNSSL: search domains',
      z.strictObject({
        domains: z.array(z.string()).min(1),
        lifetime: Lifetime.optional(),
      }),
    ).optional(),
    text: describe(
      'Lines in the words of the daemon: inside the interface block for radvd, whole lines for dnsmasq',
      z.string(),
    ).optional(),
  }),
);

const DhcpOptions = describe(
  'DHCP options by number, the value as the daemon writes it; for Kea 0x… stands for bytes',
  z.record(
    z.string().regex(/^\d+$/, 'expected an option number'),
    z.union([z.string(), z.number(), z.array(z.string())]),
  ),
);

export const DhcpV4 = define(
  'DhcpV4',
  'A DHCPv4 server on a link (RFC 2131)',
  z.strictObject({
    daemon: describe('The daemon that serves (default dnsmasq)', z.enum(['dnsmasq', 'kea'])).optional(),
    range: describe(
      'First and last address of the pool (default: .100 to .199 of the first IPv4 prefix)',
      z.tuple([Ipv4Address, Ipv4Address]),
    ).optional(),
    'lease-time': describe('Lease time (default 1h)', Lifetime).optional(),
    router: describe('Option 3 (default: this node)', naming('node', 'address', 'none')).optional(),
    dns: describe('Option 6', z.array(naming('node', 'address'))).optional(),
    domain: describe('Option 15', z.string()).optional(),
    search: describe('Option 119', z.array(z.string())).optional(),
    routes: describe(
      'Option 121 (RFC 3442): prefix to next hop',
      z.record(Ipv4Prefix, naming('node', 'address')),
    ).optional(),
    mtu: describe('Option 26', z.int().min(68)).optional(),
    hosts: describe('Fixed leases: node to its address', z.record(naming('node'), Ipv4Address)).optional(),
    options: DhcpOptions.optional(),
    text: describe(
      'Lines in the words of the daemon (dnsmasq: configuration lines; Kea: a JSON object merged into Dhcp4)',
      z.string(),
    ).optional(),
  }),
);

export const DhcpV6 = define(
  'DhcpV6',
  'A DHCPv6 server on a link (RFC 8415)',
  z.strictObject({
    daemon: describe('The daemon that serves (default dnsmasq)', z.enum(['dnsmasq', 'kea'])).optional(),
    range: describe(
      'First and last address of the pool (default: ::1000 to ::1fff of the first IPv6 prefix)',
      z.tuple([Ipv6Address, Ipv6Address]),
    ).optional(),
    stateless: describe('Answer Information-request only', z.boolean()).optional(),
    'valid-lifetime': describe('Valid lifetime of leases', Lifetime).optional(),
    'preferred-lifetime': describe('Preferred lifetime; Kea only', Lifetime).optional(),
    dns: describe('Option 23', z.array(naming('node', 'address'))).optional(),
    search: describe('Option 24', z.array(z.string())).optional(),
    options: DhcpOptions.optional(),
    text: describe(
      'Lines in the words of the daemon (dnsmasq: configuration lines; Kea: a JSON object merged into Dhcp6)',
      z.string(),
    ).optional(),
  }),
);

export const DnsRecords = define(
  'DnsRecords',
  'Records by name: { www.example: { A: 192.0.2.1, AAAA: [2001:db8::1] } }',
  z.record(
    z.string(),
    z.record(
      z.string().regex(/^[A-Z]+$/, 'expected a record type: A, AAAA, CNAME, PTR, TXT, SRV, MX'),
      oneOrMany(z.string()),
    ),
  ),
);

export const DnsServer = define(
  'DnsServer',
  'A DNS server on this node, on every link it has',
  z.strictObject({
    daemon: describe('The daemon that answers (default unbound)', z.enum(['unbound', 'dnsmasq'])).optional(),
    records: DnsRecords.optional(),
    views: describe(
      'Records that only clients with an address of the named network see (unbound)',
      z.record(naming('network'), DnsRecords),
    ).optional(),
    otherwise: describe(
      'What any other name gets (default nxdomain)',
      z.enum(['nxdomain', 'refuse', 'servfail', 'drop']),
    ).optional(),
    text: describe('Lines in the words of the daemon', z.string()).optional(),
  }),
);

export const Daemon = define(
  'Daemon',
  'Any other program that runs on the node while the lab runs',
  z.strictObject({
    command: describe('The program and its arguments; no shell reads them', z.array(z.string()).min(1)),
    files: describe('Files it needs: absolute path to text', z.record(z.string(), z.string())).optional(),
    ready: describe(
      'A text in its output that says it is ready (default: ready once started)',
      z.string(),
    ).optional(),
    within: describe('How long it may take to get ready (default 60s)', Duration).optional(),
  }),
);

export const Daemons = define('Daemons', 'Other programs by name', z.record(Name, Daemon));

export type RouterAdvertisement = z.infer<typeof RouterAdvertisement>;
export type DhcpV4 = z.infer<typeof DhcpV4>;
export type DhcpV6 = z.infer<typeof DhcpV6>;
export type DnsServer = z.infer<typeof DnsServer>;
export type DnsRecords = z.infer<typeof DnsRecords>;
