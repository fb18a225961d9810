/** systemd-networkd with systemd-resolved: every link by DHCP and router advertisements (systemd.network(5)). Pure. */
import type { Stack, StackLink } from './stack.ts';

const networkdWith = (variant: string, description: string, extra: string): Stack => ({
  name: `networkd${variant}`,
  description: `systemd-networkd and systemd-resolved${description}`,
  needsUserLand: true,
  programs: ['systemd-networkd', 'systemd-resolved'],
  clients: ['dhcpv4', 'dhcpv6'],
  version: ['networkctl', '--version'],
  resolverFile: '/run/systemd/resolve/resolv.conf',
  plan: ({ host, links }) => ({
    files: {
      ...Object.fromEntries(
        links.map((link) => [
          `/etc/systemd/network/10-${link.interface.name}.network`,
          networkFile(link, extra),
        ]),
      ),
      '/etc/resolv.conf': { link: '../run/systemd/resolve/stub-resolv.conf' },
    },
    daemons: [
      {
        id: `${host}.networkd`,
        node: host,
        program: 'systemd-networkd',
        command: ['/lib/systemd/systemd-networkd'],
        files: {},
        ready: { output: 'Enumeration completed|lo: Link UP', withinMs: 10_000 },
        reload: 'restart',
        started: true,
      },
      resolved(host),
    ],
  }),
});

export const resolved = (host: string) => ({
  id: `${host}.resolved`,
  node: host,
  program: 'systemd-resolved',
  command: ['/lib/systemd/systemd-resolved'],
  files: {},
  ready: { output: 'Using system hostname', withinMs: 10_000 },
  reload: 'restart' as const,
  started: true,
});

/** What it does not find in its file it removes from the link: the lab's own addresses stand there too. */
const networkFile = ({ interface: { name, addresses } }: StackLink, extra: string): string =>
  `[Match]
Name=${name}

[Network]
DHCP=yes
${addresses.map((address) => `Address=${address}\n`).join('')}${extra}`;

export const networkd = networkdWith('', '', '');

/** Search domains that networks give are used, which the default forbids. */
export const networkdUseDomains = networkdWith(
  '+usedomains',
  ', which takes search domains from networks',
  '\n[DHCPv4]\nUseDomains=yes\n\n[DHCPv6]\nUseDomains=yes\n\n[IPv6AcceptRA]\nUseDomains=yes\n',
);
