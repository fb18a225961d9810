/**
 * dnsmasq: DHCPv4, DHCPv6 and router advertisements, a process per service and link (dnsmasq(8)). Pure.
 *
 * Two of them live on one link: each binds its socket to the interface, and none opens a DNS port.
 */
import type { DhcpV4, DhcpV6, RouterAdvertisement } from '../lab/schema.ts';
import { milliseconds, nth } from '../plan/addresses.ts';
import { poolOf } from '../plan/offers.ts';
import { READY_MS } from '../plan/ready.ts';
import { given } from './given.ts';
import type { PlannedService, ServiceContext } from './service.ts';

/** DHCPv4 (RFC 2131). */
export const dnsmasqDhcpV4 = (dhcp: DhcpV4, context: ServiceContext): PlannedService => {
  const address = (node: string) => context.addressOf(node, 'ipv4');
  const [first, last] = poolOf(dhcp, 'ipv4', context);
  return dnsmasq(context, [
    // A ping before each offer would cost 3 s.
    'no-ping',
    'dhcp-authoritative',
    `dhcp-range=${first},${last},${lease(dhcp['lease-time'] ?? '1h')}`,
    ...(dhcp.router === undefined ? [] : [option(3, dhcp.router === 'none' ? [] : [address(dhcp.router)])]),
    ...given(dhcp.dns, (servers) => option(6, servers.map(address))),
    ...given(dhcp.domain, (domain) => option(15, [domain])),
    ...given(dhcp.mtu, (mtu) => option(26, [mtu])),
    ...given(dhcp.search, (domains) => option(119, domains)),
    ...given(dhcp.routes, (routes) =>
      option(
        121,
        Object.entries(routes).flatMap(([to, hop]) => [to, address(hop)]),
      ),
    ),
    ...Object.entries(dhcp.hosts ?? {}).map(([node, fixed]) => `dhcp-host=${context.macOf(node)},${fixed}`),
    ...Object.entries(dhcp.options ?? {}).map(([number, value]) => option(number, [value].flat())),
    ...given(dhcp.text, (text) => text),
  ]);
};

/** DHCPv6 (RFC 8415), without router advertisements. */
export const dnsmasqDhcpV6 = (dhcp: DhcpV6, context: ServiceContext): PlannedService => {
  const [first, last] = poolOf(dhcp, 'ipv6', context);
  const pool = dhcp.stateless ? `${nth(context.ipv6[0]!, 0)},static` : `${first},${last}`;
  return dnsmasq(context, [
    'dhcp-authoritative',
    `dhcp-range=${pool},64,${lease(dhcp['valid-lifetime'] ?? '1h')}`,
    ...given(dhcp.dns, (servers) =>
      option(
        'option6:23',
        servers.map((server) => `[${context.addressOf(server, 'ipv6')}]`),
      ),
    ),
    ...given(dhcp.search, (domains) => option('option6:24', domains)),
    ...Object.entries(dhcp.options ?? {}).map(([number, value]) =>
      option(`option6:${number}`, [value].flat()),
    ),
    ...given(dhcp.text, (text) => text),
  ]);
};

/** What of a DHCP server dnsmasq cannot say: where it stands in the lab, and why not. */
export const dnsmasqDhcpLimits = (dhcp: DhcpV4 & DhcpV6): { path: string[]; message: string }[] => [
  ...(['lease-time', 'valid-lifetime'] as const)
    .filter((field) => isShort(dhcp[field]))
    .map((field) => ({ path: [field], message: 'a lease of dnsmasq lasts at least 2min: daemon: kea' })),
  ...(dhcp['preferred-lifetime'] === undefined
    ? []
    : [{ path: ['preferred-lifetime'], message: 'dnsmasq cannot say it: daemon: kea' }]),
];

/** dnsmasq makes two minutes of less without a word (dnsmasq(8), dhcp-range). */
const isShort = (lifetime: string | undefined): boolean =>
  lifetime !== undefined && lifetime !== 'infinity' && milliseconds(lifetime) < 120_000;

/** Router advertisements; throws a sentence for the fields that only radvd can say. */
export const dnsmasqRa = (ra: RouterAdvertisement, context: ServiceContext): PlannedService => {
  const {
    daemon: _,
    preference,
    lifetime,
    mtu,
    prefixes,
    rdnss,
    dnssl,
    text,
    'max-interval': interval,
    ...others
  } = ra;
  refuse('router advertisements', {
    ...others,
    prefixes,
    'rdnss.lifetime': rdnss?.lifetime,
    'dnssl.lifetime': dnssl?.lifetime,
  });
  const parameters = [
    context.interface!.name,
    ...given(mtu, (bytes) => `mtu:${bytes}`),
    ...(preference && preference !== 'medium' ? [preference] : []),
    // 0: dnsmasq's own interval of 600 s.
    interval ? seconds(interval) : 0,
    ...given(lifetime, seconds),
  ];
  return dnsmasq(context, [
    'enable-ra',
    `ra-param=${parameters.join(',')}`,
    ...context.ipv6.map((prefix) => `dhcp-range=${nth(prefix, 0)},ra-only`),
    ...given(rdnss, ({ servers }) =>
      option(
        'option6:23',
        servers.map((server) => `[${context.addressOf(server, 'ipv6')}]`),
      ),
    ),
    ...given(dnssl, ({ domains }) => option('option6:24', domains)),
    ...given(text, (lines) => lines),
  ]);
};

const dnsmasq = (context: ServiceContext, lines: string[]): PlannedService => {
  const file = `${context.folder}/dnsmasq.conf`;
  const common = [
    'port=0',
    `interface=${context.interface!.name}`,
    'except-interface=lo',
    'bind-interfaces',
    `dhcp-leasefile=${context.folder}/leases`,
    'log-dhcp',
    'log-facility=-',
  ];
  return {
    program: 'dnsmasq',
    // -d: without it dnsmasq changes its group, which a user namespace with a single id forbids.
    command: ['dnsmasq', '-d', '-C', file],
    files: { [file]: `${[...common, ...lines].join('\n')}\n` },
    // Said last but for a summary of the ranges: its sockets are open and bound by then.
    ready: { output: 'started, version', withinMs: READY_MS },
    reload: 'restart',
  };
};

const refuse = (what: string, fields: Record<string, unknown>): void => {
  const names = Object.keys(fields).filter((name) => fields[name] !== undefined);
  if (names.length > 0) throw new Error(`dnsmasq cannot say ${names.join(', ')} in ${what}`);
};

const option = (number: string | number, values: (string | number)[]): string =>
  `dhcp-option=${[number, ...values].join(',')}`;
const seconds = (duration: string): number => Math.round(milliseconds(duration) / 1e3);
const lease = (lifetime: string): string | number =>
  lifetime === 'infinity' ? 'infinite' : seconds(lifetime);
