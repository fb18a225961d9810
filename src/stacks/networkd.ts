/** systemd-networkd with systemd-resolved: every link by DHCP and router advertisements (systemd.network(5)). Pure. */
import type { NameServerSource } from '../plan/offers.ts';
import { READY_MS } from '../plan/ready.ts';
import type { Stack, StackLink } from './stack.ts';

const networkdWith = (variant: string, description: string, extra: string): Stack => ({
  name: `networkd${variant}`,
  description: `systemd-networkd and systemd-resolved${description}`,
  needsUserLand: true,
  managesLinks: true,
  programs: ['systemd-networkd', 'systemd-resolved'],
  clients: ['dhcpv4', 'dhcpv6'],
  routesEveryLease: true,
  version: ['networkctl', '--version'],
  resolverFile: '/run/systemd/resolve/resolv.conf',
  resolver: 'systemd-resolved',
  plan: ({ host, image, links }) => ({
    nameServers: { from: sourcesIn(image), shown: 'all' },
    files: {
      ...Object.fromEntries(
        links.map((link) => [
          `/etc/systemd/network/10-${link.interface.name}.network`,
          networkFile(link, extra),
        ]),
      ),
      // By this 247 knows that no udev will come, for which its DHCP client waits; newer ones look at /sys.
      '/run/systemd/container': 'other\n',
      '/etc/resolv.conf': { link: '../run/systemd/resolve/stub-resolv.conf' },
    },
    daemons: [
      {
        id: `${host}.networkd`,
        node: host,
        program: 'systemd-networkd',
        command: ['/lib/systemd/systemd-networkd'],
        files: {},
        ready: { output: 'Enumeration completed|lo: Link UP', withinMs: READY_MS },
        reload: 'restart',
        started: true,
      },
      resolved(host),
    ],
  }),
});

/** networkd 252 asks for DHCPv6 information, gets it, and does not hand its name servers to resolved; 257 does. */
const sourcesIn = (image = ''): NameServerSource[] => [
  ...(['dhcpv4', 'dhcpv6', 'rdnss'] as const),
  ...(['bullseye', 'bookworm'].includes(image) ? [] : (['information'] as const)),
];

export const resolved = (host: string) => ({
  id: `${host}.resolved`,
  node: host,
  program: 'systemd-resolved',
  command: ['/lib/systemd/systemd-resolved'],
  files: {},
  ready: { output: 'Using system hostname', withinMs: READY_MS },
  reload: 'restart' as const,
  started: true,
});

const networkFile = ({ interface: { name, addresses }, routes }: StackLink, extra: string): string =>
  [
    `[Match]\nName=${name}\n`,
    ['[Network]', 'DHCP=yes', ...addresses.map((address) => `Address=${address}`), ''].join('\n'),
    ...routes.map(routeSection),
    extra,
  ].join('\n');

const routeSection = ({ to, via, metric, source, table, onlink }: StackLink['routes'][number]): string =>
  [
    '[Route]',
    `Destination=${to}`,
    ...(via ? [`Gateway=${via}`] : []),
    ...(metric === undefined ? [] : [`Metric=${metric}`]),
    ...(source ? [`PreferredSource=${source}`] : []),
    ...(table ? [`Table=${table}`] : []),
    ...(onlink ? ['GatewayOnLink=yes'] : []),
    '',
  ].join('\n');

export const networkd = networkdWith('', '', '');

/** Search domains that networks give are used, which the default forbids. */
export const networkdUseDomains = networkdWith(
  '+usedomains',
  ', which takes search domains from networks',
  '[DHCPv4]\nUseDomains=yes\n\n[DHCPv6]\nUseDomains=yes\n\n[IPv6AcceptRA]\nUseDomains=yes\n',
);
