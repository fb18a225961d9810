/**
 * The lab language: one definition that yields the types, the validation, the JSON Schema that editors
 * complete from, and the reference page (docs/lab-language.md).
 *
 * What a schema cannot say (a link that does not exist, prefixes that overlap) is in semantics.ts.
 */
import { z } from 'zod';

const describe = <T extends z.ZodType>(text: string, schema: T): T => schema.describe(text) as T;

/** A name of a network, node, probe or service: what reports, interfaces and captures show. */
export const Name = describe(
  'A name: lower-case letters, digits and hyphens, beginning with a letter, at most 15 characters where it names a network (it becomes the interface name on every node)',
  z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'expected lower-case letters, digits and hyphens, beginning with a letter'),
);

export const Duration = describe(
  'A span of time with its unit: 200ms, 5s, 10min, 2h, 1d',
  z.string().regex(/^\d+(\.\d+)?(ms|s|min|h|d)$/, 'expected a number with a unit: 200ms, 5s, 10min, 2h, 1d'),
);

export const Lifetime = describe(
  'A lifetime: a duration, or infinity',
  z.union([Duration, z.literal('infinity')]),
);

export const Address = describe('An IPv4 or IPv6 address', z.string().regex(/^[0-9a-fA-F:.]+$/, 'expected an IPv4 or IPv6 address'));
export const Prefix = describe(
  'An IPv4 or IPv6 prefix: 2001:db8:a::/64',
  z.string().regex(/^[0-9a-fA-F:.]+\/\d{1,3}$/, 'expected a prefix: 2001:db8:a::/64 or 10.0.1.0/24'),
);
export const AddressWithLength = describe(
  'An address with its prefix length: 10.0.1.10/24',
  z.string().regex(/^[0-9a-fA-F:.]+\/\d{1,3}$/, 'expected an address with its prefix length: 10.0.1.10/24'),
);

const oneOrMany = <T extends z.ZodType>(item: T) => z.union([item, z.array(item)]);

export const Preference = describe('A router or route preference (RFC 4191 section 2.1)', z.enum(['low', 'medium', 'high']));

export const Impairment = z.strictObject({
  loss: describe('Share of packets lost, in percent', z.number().min(0).max(100)).optional(),
  rate: describe('Rate limit: 1mbit, 64kbit', z.string().regex(/^\d+(k|m|g)bit$/, 'expected a rate: 64kbit, 1mbit')).optional(),
  delay: describe('Delay added to every packet; needs a kernel with netem', Duration).optional(),
});

export const Network = z.strictObject({
  ipv4: describe('IPv4 prefix or prefixes of this link', oneOrMany(Prefix)).optional(),
  ipv6: describe('IPv6 prefix or prefixes of this link', oneOrMany(Prefix)).optional(),
  mtu: describe('MTU of the link in bytes (default 1500)', z.int().min(68).max(65535)).optional(),
  overlap: describe('The prefixes may overlap those of another network, on purpose', z.boolean()).optional(),
  impair: describe('Loss, rate and delay of this link', Impairment).optional(),
});

const PrefixInformation = z.strictObject({
  'on-link': describe('The L flag (RFC 4861 section 4.6.2; default true)', z.boolean()).optional(),
  autonomous: describe('The A flag (default true)', z.boolean()).optional(),
  'router-address': describe('The R flag (RFC 6275 section 7.2)', z.boolean()).optional(),
  'valid-lifetime': describe('Valid lifetime (radvd default 1d)', Lifetime).optional(),
  'preferred-lifetime': describe('Preferred lifetime (radvd default 4h)', Lifetime).optional(),
});

const RouteInformation = z.strictObject({
  preference: Preference.optional(),
  lifetime: describe('Route lifetime (RFC 4191 section 2.3)', Lifetime).optional(),
});

export const RouterAdvertisement = describe(
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
      z.record(Prefix, PrefixInformation),
    ).optional(),
    routes: describe('Route Information options', z.record(Prefix, RouteInformation)).optional(),
    rdnss: describe('RDNSS: resolvers by address or by the name of a node', z.strictObject({
      servers: z.array(z.string()).min(1),
      lifetime: Lifetime.optional(),
    })).optional(),
    dnssl: describe('DNSSL: search domains', z.strictObject({
      domains: z.array(z.string()).min(1),
      lifetime: Lifetime.optional(),
    })).optional(),
    text: describe('Lines in the words of the daemon: inside the interface block for radvd, whole lines for dnsmasq', z.string()).optional(),
  }),
);

const DhcpOptions = describe(
  'DHCP options by number, the value as the daemon writes it',
  z.record(z.string().regex(/^\d+$/, 'expected an option number'), z.union([z.string(), z.number(), z.array(z.string())])),
);

export const DhcpV4 = describe(
  'A DHCPv4 server on a link (RFC 2131)',
  z.strictObject({
    daemon: describe('default dnsmasq', z.enum(['dnsmasq', 'kea'])).optional(),
    range: describe('First and last address of the pool (default: .100 to .199 of the first IPv4 prefix)', z.tuple([Address, Address])).optional(),
    'lease-time': describe('Lease time (default 1h)', Lifetime).optional(),
    router: describe('Option 3: an address, the name of a node, or none (default: this node)', z.string()).optional(),
    dns: describe('Option 6: addresses or names of nodes', z.array(z.string())).optional(),
    domain: describe('Option 15', z.string()).optional(),
    search: describe('Option 119', z.array(z.string())).optional(),
    routes: describe('Option 121 (RFC 3442): prefix to next hop, an address or the name of a node', z.record(Prefix, z.string())).optional(),
    mtu: describe('Option 26', z.int().min(68)).optional(),
    hosts: describe('Fixed leases: name of a node to its address', z.record(Name, Address)).optional(),
    options: DhcpOptions.optional(),
    text: describe('Lines in the words of the daemon (dnsmasq: configuration lines; Kea: a JSON object merged into Dhcp4)', z.string()).optional(),
  }),
);

export const DhcpV6 = describe(
  'A DHCPv6 server on a link (RFC 8415)',
  z.strictObject({
    daemon: describe('default dnsmasq', z.enum(['dnsmasq', 'kea'])).optional(),
    range: describe('First and last address of the pool (default: ::1000 to ::1fff of the first IPv6 prefix)', z.tuple([Address, Address])).optional(),
    stateless: describe('Answer Information-request only', z.boolean()).optional(),
    'valid-lifetime': Lifetime.optional(),
    'preferred-lifetime': describe('Preferred lifetime; Kea only', Lifetime).optional(),
    dns: describe('Option 23: addresses or names of nodes', z.array(z.string())).optional(),
    search: describe('Option 24', z.array(z.string())).optional(),
    options: DhcpOptions.optional(),
    text: z.string().optional(),
  }),
);

export const DnsRecords = describe(
  'Records by name: { www.example: { A: 192.0.2.1, AAAA: [2001:db8::1] } }',
  z.record(z.string(), z.record(z.string().regex(/^[A-Z]+$/, 'expected a record type: A, AAAA, CNAME, PTR, TXT'), oneOrMany(z.string()))),
);

export const DnsServer = describe(
  'A DNS server on this node, on every link it has',
  z.strictObject({
    daemon: describe('default unbound', z.enum(['unbound', 'dnsmasq'])).optional(),
    records: DnsRecords.optional(),
    views: describe('Records that only clients on the named link see (unbound)', z.record(Name, DnsRecords)).optional(),
    otherwise: describe('What any other name gets (default nxdomain)', z.enum(['nxdomain', 'refuse', 'servfail', 'drop'])).optional(),
    text: describe('Lines in the words of the daemon', z.string()).optional(),
  }),
);

const Daemon = describe(
  'Any other program that runs on the node while the lab runs',
  z.strictObject({
    command: describe('The program and its arguments; no shell reads them', z.array(z.string()).min(1)),
    files: describe('Files it needs: absolute path to text', z.record(z.string(), z.string())).optional(),
    ready: describe('A text in its output that says it is ready (default: ready once started)', z.string()).optional(),
    within: describe('How long it may take to get ready (default 10s)', Duration).optional(),
  }),
);

export const Route = z.strictObject({
  to: describe('default, or a prefix', z.union([z.literal('default'), Prefix])),
  from: describe('Source prefix, for a source-specific route', Prefix).optional(),
  family: describe('Needed only where to: default has no via', z.enum(['ipv4', 'ipv6'])).optional(),
  via: describe('Next hop: an address, or the name of a node (its address on the link; link-local for IPv6)', z.string()).optional(),
  link: describe('The link it leaves by', Name).optional(),
  metric: z.int().min(0).optional(),
  source: describe('Preferred source address', Address).optional(),
  table: z.int().min(1).optional(),
  onlink: z.boolean().optional(),
});

export const Rule = z.strictObject({
  family: z.enum(['ipv4', 'ipv6']).optional(),
  from: z.union([Prefix, Address]).optional(),
  to: z.union([Prefix, Address]).optional(),
  mark: z.int().min(0).optional(),
  uid: z.int().min(0).optional(),
  link: describe('Bound to this link (oif)', Name).optional(),
  table: z.int().min(1),
  priority: z.int().min(0).optional(),
});

const common = {
  ipv4: describe('Address of a node that has one link besides its networks: 192.0.2.1 (a server on the internet)', oneOrMany(Address)).optional(),
  ipv6: describe('As ipv4: 2001:db8:ff::1', oneOrMany(Address)).optional(),
  addresses: describe(
    'Static addresses per link; left out: routers, servers and hosts get the first free addresses of each prefix, the host under test none',
    z.record(Name, z.array(AddressWithLength)),
  ).optional(),
  'link-local': describe('Link-local address per link (default: from the MAC address)', z.record(Name, Address)).optional(),
  mac: describe('MAC address per link (default: from the lab)', z.record(Name, z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/, 'expected a MAC address: 02:00:00:00:00:01'))).optional(),
  routes: describe('Static routes', z.array(Route)).optional(),
  rules: describe('Routing policy rules', z.array(Rule)).optional(),
  labels: describe('Address labels for source selection (ip addrlabel, RFC 6724 section 2.1)', z.record(Prefix, z.int().min(0))).optional(),
  sysctls: describe('Kernel parameters below net.: { net.ipv6.conf.wifi.accept_ra_rt_info_max_plen: 64 }', z.record(z.string().regex(/^net\.[\w.\-/]+$/, 'expected a parameter below net.'), z.union([z.int(), z.string()]))).optional(),
  nftables: describe('An nftables ruleset', z.string()).optional(),
  ip: describe('iproute2 commands without the leading ip: "rule add fwmark 7 table 100"; ${NODE.LINK.ipv6} stands for an address', z.array(z.string())).optional(),
  tc: describe('tc commands without the leading tc', z.array(z.string())).optional(),
  dns: DnsServer.optional(),
  daemons: describe('Other programs by name', z.record(Name, Daemon)).optional(),
};

const servesLinks = {
  ra: describe('Router advertisements per link', z.record(Name, RouterAdvertisement)).optional(),
  dhcpv4: describe('DHCPv4 server per link', z.record(Name, DhcpV4)).optional(),
  dhcpv6: describe('DHCPv6 server per link', z.record(Name, DhcpV6)).optional(),
};

const Links = describe('The links of the node, in order', z.array(Name).min(1));

export const Router = z.strictObject({
  router: Links,
  ...servesLinks,
  ...common,
  'source-filter': describe('The internet drops packets from this router whose source is none of its prefixes (BCP 38, RFC 2827)', z.boolean()).optional(),
  nat: describe('NAT44: IPv4 packets to the internet leave with the router\'s own address', z.boolean()).optional(),
  announce: describe('Prefixes that the internet routes to this router besides those of its links', z.array(Prefix)).optional(),
});

export const Server = z.strictObject({
  server: Links,
  prefixes: describe('Whole prefixes that this server answers for', z.array(Prefix)).optional(),
  ...common,
});

export const OtherHost = z.strictObject({
  host: Links,
  ...servesLinks,
  ...common,
});

const hostFiles = {
  resolver: describe('The resolver configuration (/etc/resolv.conf)', z.strictObject({
    servers: describe('Addresses, or names of nodes', z.array(z.string())),
    search: z.array(z.string()).optional(),
    options: z.array(z.string()).optional(),
  })).optional(),
  'etc-hosts': describe('Lines of /etc/hosts: name to addresses', z.record(z.string(), oneOrMany(Address))).optional(),
  'gai-conf': describe('Text of /etc/gai.conf', z.string()).optional(),
};

export const HostUnderTest = z.strictObject({
  'under-test': Links,
  ...hostFiles,
  ...common,
});

export const Node = z.union([Router, Server, OtherHost, HostUnderTest]);

const AnyOrder = z.strictObject({ 'any-order': describe('Every order is run, and the result says whether the decision depends on it', z.array(Name).min(2).max(4)) });

const within = describe('Deadline, counted from the step before (default 10s with fast timers, 60s with real ones)', Duration);

export const State = describe(
  'A state of the host under test, seen in its netlink events and tables',
  z.strictObject({
    'default-routers': describe('A default route through each of these routers', z.array(Name)).optional(),
    'no-default-routers': describe('No default route through any of these routers', z.array(Name)).optional(),
    addresses: describe('On each of these links a usable (not tentative) global address of every prefix advertised or leased there', z.array(Name)).optional(),
    address: describe('These addresses are there and not tentative', z.array(Address)).optional(),
    'no-address': describe('These addresses are gone', z.array(Address)).optional(),
    deprecated: describe('These addresses are there and deprecated', z.array(Address)).optional(),
    routes: describe('Routes to these prefixes are there', z.array(Prefix)).optional(),
    'no-routes': describe('No route to these prefixes is there', z.array(Prefix)).optional(),
    neighbour: describe('A router or node in this neighbour state', z.strictObject({ node: Name, link: Name, state: z.enum(['reachable', 'stale', 'delay', 'probe', 'failed', 'gone']) })).optional(),
    resolver: describe('These name servers (addresses or names of nodes) stand in the resolver configuration', z.array(z.string())).optional(),
    log: describe('A text in the output of a daemon', z.strictObject({ daemon: z.string(), text: z.string() })).optional(),
    packet: describe('A packet seen on a link', z.strictObject({
      link: Name,
      from: describe('The node that sent it', Name).optional(),
      kind: z.enum(['router-solicitation', 'router-advertisement', 'neighbour-solicitation', 'neighbour-advertisement', 'redirect', 'arp-request', 'arp-reply', 'dhcpv4', 'dhcpv6', 'dns', 'icmp-unreachable']),
    })).optional(),
    within: within.optional(),
  }),
);

const Flags = z.int().min(0).max(255);
const PrefixOption = z.strictObject({
  prefix: Prefix,
  'on-link': z.boolean().optional(),
  autonomous: z.boolean().optional(),
  'valid-lifetime': Lifetime.optional(),
  'preferred-lifetime': Lifetime.optional(),
});
const packetCommon = {
  'ethernet-source': z.string().optional(),
  'ethernet-destination': describe('default: the group or the host', z.string()).optional(),
  source: describe('IPv6 source: an address, or the name of a node whose link-local address is meant (default: the sender)', z.string()).optional(),
  destination: describe('default ff02::1 for an RA, else the host', z.string()).optional(),
  'ip-hop-limit': describe('default 255', z.int().min(0).max(255)).optional(),
  checksum: describe('A wrong checksum on purpose', z.int().min(0).max(65535)).optional(),
  code: z.int().min(0).max(255).optional(),
  options: describe('More options as hex bytes, malformed ones too: ["0101..."]', z.array(z.string().regex(/^([0-9a-f]{2})*$/, 'expected hex bytes'))).optional(),
};

export const Packet = describe('A packet that a node sends as written', z.strictObject({
  node: Name,
  link: Name,
  'router-advertisement': z.strictObject({
    ...packetCommon,
    'hop-limit': z.int().min(0).max(255).optional(),
    flags: describe('The whole flags byte: M 0x80, O 0x40, H 0x20, Prf 0x18, reserved 0x07', Flags).optional(),
    managed: z.boolean().optional(),
    'other-config': z.boolean().optional(),
    preference: describe('reserved is the value 10 (RFC 4191 section 2.2)', z.enum(['low', 'medium', 'high', 'reserved'])).optional(),
    lifetime: Duration.optional(),
    'reachable-time': Duration.optional(),
    'retrans-timer': Duration.optional(),
    'source-link-layer': describe('Source link-layer address option (default true)', z.boolean()).optional(),
    mtu: z.int().optional(),
    prefixes: z.array(PrefixOption).optional(),
    routes: z.array(z.strictObject({ prefix: Prefix, preference: z.enum(['low', 'medium', 'high', 'reserved']).optional(), lifetime: Lifetime.optional() })).optional(),
    rdnss: z.strictObject({ servers: z.array(Address), lifetime: Lifetime.optional() }).optional(),
  }).optional(),
  'neighbour-advertisement': z.strictObject({
    ...packetCommon,
    target: describe('An address, or the name of a node whose link-local address is meant', z.string()),
    router: z.boolean().optional(),
    solicited: z.boolean().optional(),
    override: z.boolean().optional(),
    'target-link-layer': describe('A MAC address, or false for none (default: the sender)', z.union([z.string(), z.literal(false)])).optional(),
  }).optional(),
  'neighbour-solicitation': z.strictObject({
    ...packetCommon,
    target: z.string(),
    'source-link-layer': z.boolean().optional(),
  }).optional(),
  redirect: z.strictObject({
    ...packetCommon,
    target: describe('The better first hop: an address, or a node', z.string()),
    'redirected-destination': describe('The destination redirected: an address, or a node', z.string()),
    'target-link-layer': z.union([z.string(), z.literal(false)]).optional(),
  }).optional(),
  hex: describe('A whole Ethernet frame as hex bytes', z.string().regex(/^([0-9a-f]{2}\s*)+$/, 'expected hex bytes')).optional(),
}));

const probeSocket = {
  to: describe('The destination: the name of a node, or an address', z.string()),
  family: describe('Which of the node\'s addresses (default ipv6 where it has one)', z.enum(['ipv4', 'ipv6'])).optional(),
  port: describe('Destination port (default: one of its own, so that a packet belongs to one probe)', z.int().min(1).max(65535)).optional(),
  'bind-link': describe('Bound to this link (SO_BINDTODEVICE)', Name).optional(),
  'bind-address': describe('Bound to this source address; the name of a link means the host\'s address there', z.string()).optional(),
  mark: describe('SO_MARK', z.int().min(0)).optional(),
  user: describe('As this user id', z.int().min(0)).optional(),
  'hop-limit': z.int().min(1).max(255).optional(),
};

const SocketProbe = z.union([describe('A node or an address', z.string()), z.strictObject({
  ...probeSocket,
  'keep-open': describe('The flow stays open, to be asked again', z.boolean()).optional(),
  size: describe('Bytes of payload (default: the nonce alone)', z.int().min(0).max(60000)).optional(),
})]);

const NameProbe = z.union([z.string(), z.strictObject({ name: z.string(), family: z.enum(['ipv4', 'ipv6']).optional() })]);

export const Probe = describe(
  'A question put to the stack: exactly one kind, and how it is asked',
  z.strictObject({
    udp: SocketProbe.optional(),
    tcp: SocketProbe.optional(),
    ping: describe('ICMP echo', SocketProbe).optional(),
    query: describe('A DNS query to the configured resolver', z.union([z.string(), z.strictObject({ name: z.string(), type: z.string().optional(), server: z.string().optional() })])).optional(),
    resolve: describe('getaddrinfo of the host\'s C library: all addresses in order', NameProbe).optional(),
    fetch: describe('HTTP GET with curl: a URL; a node\'s name stands for its address', z.union([z.string(), z.strictObject({ url: z.string(), 'bind-link': Name.optional() })])).optional(),
    inbound: describe('A packet that a node sends to an address of the host: which way does the answer take?', z.strictObject({
      from: Name,
      kind: z.enum(['udp', 'tcp', 'ping', 'arp', 'neighbour-solicitation']),
      to: describe('The host\'s address: an address, or the name of a link', z.string()),
      family: z.enum(['ipv4', 'ipv6']).optional(),
      over: describe('The link the node sends it over, straight to the host\'s MAC address there', Name).optional(),
      source: describe('The address it is sent from (default: the node\'s own)', Address).optional(),
      port: z.int().optional(),
    })).optional(),
    command: describe('Any program on the host as a stimulus', z.strictObject({
      run: z.array(z.string()).min(1),
      to: describe('Its packets are those to this node or address', z.string()).optional(),
      port: z.int().optional(),
    })).optional(),
    again: describe('The open flow of this earlier probe, asked again', Name).optional(),
    destinations: describe('One question to each of many destinations; the decision is a distribution', z.strictObject({
      prefix: Prefix,
      count: z.int().min(2).max(500),
    })).optional(),
    until: describe('Ask again and again until it is so; the decision tells the length of the outage', z.enum(['answered', 'unanswered'])).optional(),
    every: describe('The pace of until (default 100ms)', Duration).optional(),
    within: within.optional(),
  }),
);

export const Step = describe(
  'A step of the experiment: exactly one kind',
  z.strictObject({
    'plug-in': describe('The host\'s links get carrier, in this order', z.union([z.array(Name).min(1), AnyOrder])).optional(),
    unplug: describe('The host\'s links lose carrier', z.array(Name).min(1)).optional(),
    settle: describe('Wait until the host is in a state; true: every address and default router that its links offer', z.union([z.literal(true), State])).optional(),
    wait: describe('Wait until the host is in a state', State).optional(),
    start: describe('Start daemons: lte-router.ra', z.array(z.string())).optional(),
    stop: describe('Stop daemons in good order', z.array(z.string())).optional(),
    kill: describe('Kill daemons (SIGKILL)', z.array(z.string())).optional(),
    change: describe('Change the lab: the daemons of the nodes it touches are reconfigured. Path to value; a map is merged, null removes', z.record(z.string(), z.any())).optional(),
    ip: describe('iproute2 commands on a node, without the leading ip', z.record(Name, z.array(z.string()))).optional(),
    sysctl: describe('Kernel parameters on a node', z.record(Name, z.record(z.string(), z.union([z.int(), z.string()])))).optional(),
    nftables: describe('An nftables ruleset on a node', z.record(Name, z.string())).optional(),
    run: describe('Programs on a node', z.record(Name, z.array(z.string()))).optional(),
    silence: describe('A node falls silent: all, neighbours (ND and ARP only, it forwards on), or forwarding (it answers, and forwards no more)', z.record(Name, z.enum(['all', 'neighbours', 'forwarding']))).optional(),
    speak: describe('Silenced nodes speak again', z.array(Name)).optional(),
    impair: describe('Loss, rate and delay of links', z.record(Name, Impairment)).optional(),
    send: Packet.optional(),
    probe: describe('Probes by name, one after the other', z.record(Name, Probe)).optional(),
    'any-order': describe('Every order of these steps is run', z.array(z.any()).min(2).max(4)).optional(),
  }),
);

const Names = oneOrMany(z.string());

export const ExpectedDecision = describe(
  'A decision as far as it matters; what is left out may be anything',
  z.strictObject({
    sent: describe('Whether the probe left the host at all', z.boolean()).optional(),
    router: describe('The first hop, by its MAC address on the wire; on-link: the destination itself', z.string()).optional(),
    link: describe('The link it left by', z.string()).optional(),
    source: describe('The source address: an address, a prefix, or the name of a network whose prefix it has', z.string()).optional(),
    destination: describe('The address it went to: an address, or the name of a node', z.string()).optional(),
    'hop-limit': z.int().optional(),
    answered: z.boolean().optional(),
    by: describe('The node that answered', z.string()).optional(),
    error: describe('What the host was told instead: ENETUNREACH', z.string()).optional(),
    order: describe('Destination order: addresses, or names of nodes', z.array(z.string())).optional(),
    first: describe('The first address of the order', z.string()).optional(),
    servers: describe('The DNS servers asked, in order of the first query, by name of node', z.array(z.string())).optional(),
    reply: describe('The way the host\'s answer took (inbound probes)', z.union([z.literal('none'), z.strictObject({
      router: z.string().optional(),
      link: z.string().optional(),
      source: z.string().optional(),
    })])).optional(),
    routers: describe('Distribution: the routers used, in any order', z.array(z.string())).optional(),
    links: describe('Distribution: the links used', z.array(z.string())).optional(),
    sources: describe('Distribution: the source networks or addresses used', z.array(z.string())).optional(),
    outage: describe('Length of the outage: { below: 5s } or { above: 30s }', z.strictObject({ below: Duration.optional(), above: Duration.optional() })).optional(),
    contradiction: describe('The host\'s own answer contradicts the wire', z.boolean()).optional(),
  }),
);

export const Expectation = z.union([
  z.strictObject({ 'one-of': describe('Any of these; the one that happened is recorded', z.array(ExpectedDecision).min(2)) }),
  ExpectedDecision,
]);

const Expectations = z.record(Name, Expectation);

export const Control = describe(
  'The same lab with one thing changed, so that the decision must be another one',
  z.strictObject({
    title: z.string().optional(),
    change: describe('Path to value; a map is merged, null removes: { nodes.lte-router.ra.lte.preference: low }', z.record(z.string(), z.any())),
    expect: Expectations,
  }),
);

export const topics = [
  'default-router', 'source-address', 'destination-address', 'dns', 'egress', 'configuration',
  'host-model', 'vpn', 'first-hop', 'applications', 'order', 'security', 'field',
] as const;

export const Lab = z.strictObject({
  title: describe('The expected decision in one sentence', z.string().min(1)),
  topic: z.enum(topics),
  source: describe('The RFC and section that recommends it: RFC 4191 section 3.1', Names),
  level: describe('How strongly: must, should, may, or none where no RFC decides and the practice is only recorded', z.enum(['must', 'should', 'may', 'none'])),
  why: describe('Why it matters in the field', z.string()).optional(),
  timers: describe('real: the lab is about timing and runs with the kernel\'s defaults whatever the command says', z.enum(['fast', 'real'])).optional(),
  stack: describe('The host stack that the lab needs where no --stack is given (default kernel)', z.string()).optional(),
  needs: describe('What the machine must have: kernel features (netem, vrf) and programs', z.array(z.string())).optional(),
  networks: z.record(Name, Network),
  nodes: z.record(Name, Node),
  experiment: z.array(Step).min(1),
  expect: Expectations,
  control: z.array(Control).optional(),
});

export type Lab = z.infer<typeof Lab>;
export type Network = z.infer<typeof Network>;
export type Router = z.infer<typeof Router>;
export type Server = z.infer<typeof Server>;
export type OtherHost = z.infer<typeof OtherHost>;
export type HostUnderTest = z.infer<typeof HostUnderTest>;
export type Node = z.infer<typeof Node>;
export type Route = z.infer<typeof Route>;
export type Rule = z.infer<typeof Rule>;
export type RouterAdvertisement = z.infer<typeof RouterAdvertisement>;
export type DhcpV4 = z.infer<typeof DhcpV4>;
export type DhcpV6 = z.infer<typeof DhcpV6>;
export type DnsServer = z.infer<typeof DnsServer>;
export type DnsRecords = z.infer<typeof DnsRecords>;
export type Impairment = z.infer<typeof Impairment>;
export type State = z.infer<typeof State>;
export type Packet = z.infer<typeof Packet>;
export type Probe = z.infer<typeof Probe>;
export type Step = z.infer<typeof Step>;
export type ExpectedDecision = z.infer<typeof ExpectedDecision>;
export type Expectation = z.infer<typeof Expectation>;
export type Control = z.infer<typeof Control>;
