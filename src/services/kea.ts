/** Kea DHCPv4 and DHCPv6, a process per service and link (the Kea administrator reference manual). Pure. */
import { isIP } from 'node:net';
import { mergePatch } from '../lab/change.ts';
import type { DhcpV4, DhcpV6 } from '../lab/schema.ts';
import { contains, milliseconds, prefixLength } from '../plan/addresses.ts';
import { addressBytes } from '../plan/bytes.ts';
import { poolOf } from '../plan/offers.ts';
import { READY_MS } from '../plan/ready.ts';
import { given } from './given.ts';
import type { PlannedService, ServiceContext } from './service.ts';

/** DHCPv4 (RFC 2131). */
export const keaDhcpV4 = (dhcp: DhcpV4, context: ServiceContext): PlannedService => {
  const address = (node: string) => context.addressOf(node, 'ipv4');
  const options = [
    ...(dhcp.router === 'none'
      ? []
      : [option(3, dhcp.router ? address(dhcp.router) : ownAddress(context, dhcp))]),
    ...given(dhcp.dns, (servers) => option(6, servers.map(address).join(', '))),
    ...given(dhcp.domain, (domain) => option(15, domain)),
    ...given(dhcp.mtu, (mtu) => option(26, mtu)),
    ...given(dhcp.search, (domains) => option(119, domains.join(', '))),
    ...given(dhcp.routes, (routes) =>
      binaryOption(
        121,
        Object.entries(routes).flatMap(([to, hop]) => classlessRoute(to, address(hop))),
      ),
    ),
    ...numbered(dhcp.options, UNDEFINED_V4),
  ];
  const reservations = Object.entries(dhcp.hosts ?? {}).map(([node, fixed]) => ({
    'hw-address': context.macOf(node),
    'ip-address': fixed,
  }));
  return kea('Dhcp4', 'kea-dhcp4', context, dhcp.text, {
    authoritative: true,
    'valid-lifetime': lifetime(dhcp['lease-time'] ?? '1h'),
    subnet4: [subnet(context, 'ipv4', dhcp, options, { reservations })],
  });
};

/** Of the node's addresses on the link the one that clients of the pool can reach. */
const ownAddress = (context: ServiceContext, dhcp: DhcpV4): string => {
  const addresses = context.interface!.addresses.map((one) => one.split('/')[0]!);
  const served = prefixOf(context, 'ipv4', dhcp);
  return addresses.find((one) => contains(served, one)) ?? context.addressOf(context.node, 'ipv4');
};

const prefixOf = (context: ServiceContext, family: 'ipv4' | 'ipv6', dhcp: DhcpV4 | DhcpV6): string => {
  const [first] = poolOf(dhcp, family, context);
  return context[family].find((prefix) => contains(prefix, first))!;
};

/** DHCPv6 (RFC 8415). */
export const keaDhcpV6 = (dhcp: DhcpV6, context: ServiceContext): PlannedService => {
  const options = [
    ...given(dhcp.dns, (servers) =>
      option(23, servers.map((server) => context.addressOf(server, 'ipv6')).join(', ')),
    ),
    ...given(dhcp.search, (domains) => option(24, domains.join(', '))),
    ...numbered(dhcp.options, UNDEFINED_V6),
  ];
  const valid = lifetime(dhcp['valid-lifetime'] ?? '1h');
  return kea('Dhcp6', 'kea-dhcp6', context, dhcp.text, {
    // An identifier from the MAC address instead of the time: a run is like every other run.
    'server-id': {
      type: 'LL',
      htype: 1,
      identifier: context.interface!.mac.replaceAll(':', ''),
      persist: false,
    },
    'valid-lifetime': valid,
    'preferred-lifetime': dhcp['preferred-lifetime'] ? lifetime(dhcp['preferred-lifetime']) : valid,
    subnet6: [subnet(context, 'ipv6', dhcp, options, dhcp.stateless ? { pools: [] } : {})],
  });
};

type Json = Record<string, unknown>;

const kea = (
  root: 'Dhcp4' | 'Dhcp6',
  program: string,
  context: ServiceContext,
  text: string | undefined,
  service: Json,
): PlannedService => {
  const file = `${context.folder}/${program}.json`;
  const configuration = {
    'interfaces-config': { interfaces: [context.interface!.name] },
    'lease-database': { type: 'memfile', name: `${context.folder}/leases.csv`, 'lfc-interval': 0 },
    'multi-threading': { 'enable-multi-threading': false },
    loggers: [{ name: program, severity: 'INFO', output_options: [{ output: 'stdout', flush: true }] }],
    ...service,
  };
  const merged = text ? mergePatch(configuration, JSON.parse(text)) : configuration;
  return {
    program,
    // Its default folders for these belong to root, and a lab may have one user id only.
    command: [
      'env',
      `KEA_PIDFILE_DIR=${context.folder}`,
      `KEA_LOCKFILE_DIR=${context.folder}`,
      program,
      '-c',
      file,
    ],
    files: { [file]: `${JSON.stringify({ [root]: merged }, undefined, 2)}\n` },
    // The second when it has taken up its configuration anew.
    ready: { output: 'DHCP[46]_(STARTED|DYNAMIC_RECONFIGURATION_SUCCESS)', withinMs: READY_MS },
    reload: 'SIGHUP',
  };
};

const subnet = (
  context: ServiceContext,
  family: 'ipv4' | 'ipv6',
  dhcp: DhcpV4 | DhcpV6,
  options: Json[],
  more: Json,
): Json => ({
  id: 1,
  subnet: prefixOf(context, family, dhcp),
  interface: context.interface!.name,
  pools: [{ pool: poolOf(dhcp, family, context).join('-') }],
  'option-data': options,
  ...more,
});

/** Codes without a definition of their own in Kea 2.2, and all above; a value for one of them is given in bytes. */
const UNDEFINED_V4 = new Set([
  80, 83, 84, 95, 96, 102, 103, 104, 105, 106, 107, 109, 110, 111, 115, 120, 121, 122, 123, 126, 127, 128,
  129, 130, 131, 132, 133, 134, 135, 139, 140, 142, 143, 144, 145, 147, 148, 149, 150,
]);
const UNDEFINED_V6 = new Set([
  10, 35, 49, 50, 54, 55, 56, 63, 68, 69, 70, 71, 72, 73, 75, 76, 77, 78, 81, 84, 85, 86, 89, 90, 91, 92, 93,
  97, 98, 99, 100, 101, 102, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119,
  120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 130, 131, 132, 133, 134, 136, 137, 138, 139, 140, 141,
  142, 144, 145, 146, 147, 148, 149, 150,
]);
const LAST_DEFINED = 150;

const numbered = (options: DhcpV4['options'], without: Set<number>): Json[] =>
  Object.entries(options ?? {}).map(([number, value]) => {
    const code = Number(number);
    const values = [value].flat();
    return without.has(code) || code > LAST_DEFINED
      ? binaryOption(code, values.flatMap(bytesOfValue))
      : option(code, values.join(', '));
  });

const option = (code: number, data: string | number): Json => ({ code, data: String(data) });

const binaryOption = (code: number, bytes: number[]): Json => ({
  code,
  'csv-format': false,
  data: Buffer.from(bytes).toString('hex'),
});

/** An address as its bytes, a number as its shortest form, 0x… as it stands, anything else as text. */
const bytesOfValue = (value: string | number): number[] => {
  const text = String(value);
  if (/^0x([0-9a-f]{2})+$/i.test(text)) return [...Buffer.from(text.slice(2), 'hex')];
  if (isIP(text)) return [...addressBytes(text)];
  if (!/^\d+$/.test(text)) return [...Buffer.from(text)];
  const hex = Number(text).toString(16);
  return [...Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')];
};

/** Width of the prefix, its significant bytes, the next hop (RFC 3442). */
const classlessRoute = (to: string, hop: string): number[] => {
  const width = prefixLength(to);
  return [width, ...addressBytes(to.split('/')[0]!).subarray(0, Math.ceil(width / 8)), ...addressBytes(hop)];
};

const INFINITE = 0xffff_ffff;
const lifetime = (text: string): number =>
  text === 'infinity' ? INFINITE : Math.round(milliseconds(text) / 1e3);
