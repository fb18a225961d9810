/** NetworkManager as Debian ships it: a profile of its own making for every wired link, its internal DHCP client. Pure. */
import { type Family, familyOf } from '../plan/addresses.ts';
import type { PlannedFile } from '../plan/plan.ts';
import { READY_MS } from '../plan/ready.ts';
import { systemBus } from './dbus.ts';
import { resolved } from './networkd.ts';
import type { Stack, StackLink } from './stack.ts';

/** Of which stable addresses are made (RFC 7217): the same in every run. */
const SECRET_KEY = 'nm-v2:miflab miflab miflab miflab miflab';

interface Variant {
  resolver?: Stack['resolver'];
  files?: Record<string, PlannedFile>;
  resolverFile?: string;
  /** What its resolver says of a server that it takes, in NetworkManager's own output. */
  taken?(server: string): string;
}

const networkManagerWith = (
  variant: string,
  description: string,
  { resolver, files, resolverFile = '/run/NetworkManager/no-stub-resolv.conf', taken }: Variant,
): Stack => ({
  name: `networkmanager${variant}`,
  description: `NetworkManager${description}`,
  needsUserLand: true,
  managesLinks: true,
  programs: ['NetworkManager', 'dbus-daemon', ...(resolver ? [resolver] : [])],
  resolver,
  clients: ['dhcpv4', 'dhcpv6'],
  routesEveryLease: true,
  version: ['NetworkManager', '--version'],
  resolverFile,
  plan: ({ host, links }) => ({
    nameServers: {
      from: ['dhcpv4', 'dhcpv6', 'information', 'rdnss'],
      shown: 'all',
      ...(taken && {
        knows: (server) => ({ daemon: `${host}.networkmanager`, pattern: taken(server) }),
      }),
    },
    files: {
      '/var/lib/NetworkManager/secret_key': { text: SECRET_KEY, mode: 0o600 },
      ...Object.fromEntries(links.filter(isStatic).map(profile)),
      ...files,
    },
    daemons: [
      systemBus(host),
      ...(resolver === 'systemd-resolved' ? [resolved(host)] : []),
      {
        id: `${host}.networkmanager`,
        node: host,
        program: 'NetworkManager',
        // Stays in the foreground and logs to standard error; the level is the usual one.
        command: ['NetworkManager', '--debug'],
        files: {},
        ready: { output: 'acquired D-Bus service', withinMs: READY_MS },
        reload: 'restart',
        started: true,
      },
    ],
    // It says so of the family that it has taken up first.
    settled: ({ interface: { name }, offers: { dhcpv4 } }) =>
      dhcpv4.length > 0
        ? [{ daemon: `${host}.networkmanager`, pattern: `device \\(${name}\\): Activation: successful` }]
        : [],
  }),
});

/** A link of which the lab states addresses or routes has a profile written by hand; all others get one of its own making. */
const isStatic = ({ interface: { addresses }, routes }: StackLink): boolean =>
  addresses.length > 0 || routes.length > 0;

const profile = (link: StackLink): [path: string, file: PlannedFile] => {
  const { name } = link.interface;
  const text = [
    `[connection]\nid=${name}\ntype=ethernet\ninterface-name=${name}\n`,
    ...(['ipv4', 'ipv6'] as const).map((family) => familySection(link, family)),
  ].join('\n');
  return [`/etc/NetworkManager/system-connections/${name}.nmconnection`, { text, mode: 0o600 }];
};

/** Manual where the lab states addresses of the family and the network gives none: a profile that waits for DHCP fails. */
const familySection = ({ interface: { addresses }, routes, offers }: StackLink, family: Family): string => {
  const stated = addresses.filter((address) => familyOf(address) === family);
  const given = family === 'ipv4' ? offers.dhcpv4.length > 0 : offers.ra.length > 0;
  return [
    `[${family}]`,
    `method=${stated.length > 0 && !given ? 'manual' : 'auto'}`,
    ...stated.map((address, index) => `address${index + 1}=${address}`),
    ...routes
      .filter((route) => route.family === family)
      .flatMap((route, index) => routeLines(route, index + 1)),
    '',
  ].join('\n');
};

const routeLines = (
  { to, via, metric, source, table, onlink }: StackLink['routes'][number],
  number: number,
): string[] => {
  const options = [
    ...(source ? [`src=${source}`] : []),
    ...(table ? [`table=${table}`] : []),
    ...(onlink ? ['onlink=true'] : []),
  ];
  return [
    `route${number}=${[to, via ?? (familyOf(to) === 'ipv4' ? '0.0.0.0' : '::'), ...(metric === undefined ? [] : [metric])].join(',')}`,
    ...(options.length > 0 ? [`route${number}_options=${options.join(',')}`] : []),
  ];
};

const dns = (plugin: string): Record<string, PlannedFile> => ({
  '/etc/NetworkManager/conf.d/dns.conf': `[main]\ndns=${plugin}\n`,
});

export const networkManager = networkManagerWith('', ', resolv.conf written by itself', {});

/** NetworkManager has written its file before dnsmasq runs: a question in between found nobody. */
export const networkManagerDnsmasq = networkManagerWith('+dnsmasq', ' with dnsmasq as local resolver', {
  resolver: 'dnsmasq',
  files: {
    ...dns('dnsmasq'),
    // Its log goes where NetworkManager's goes.
    '/etc/NetworkManager/dnsmasq.d/log.conf': 'log-facility=-\n',
  },
  taken: (server) => `using nameserver ${server}#53`,
});

/** The file of systemd-resolved, not NetworkManager's, which is written before the servers are handed over. */
export const networkManagerResolved = networkManagerWith('+resolved', ' with systemd-resolved', {
  resolver: 'systemd-resolved',
  files: {
    ...dns('systemd-resolved'),
    '/etc/resolv.conf': { link: '../run/systemd/resolve/stub-resolv.conf' },
  },
  resolverFile: '/run/systemd/resolve/resolv.conf',
});
