/** NetworkManager as Debian ships it: a profile of its own making for every wired link, its internal DHCP client. Pure. */
import type { PlannedFile } from '../plan/plan.ts';
import { systemBus } from './dbus.ts';
import { resolved } from './networkd.ts';
import type { Stack } from './stack.ts';

/** Of which stable addresses are made (RFC 7217): the same in every run. */
const SECRET_KEY = 'nm-v2:miflab miflab miflab miflab miflab';

const networkManagerWith = (
  variant: string,
  description: string,
  programs: string[],
  files: Record<string, PlannedFile>,
): Stack => ({
  name: `networkmanager${variant}`,
  description: `NetworkManager${description}`,
  needsUserLand: true,
  programs: ['NetworkManager', 'dbus-daemon', ...programs],
  clients: ['dhcpv4', 'dhcpv6'],
  version: ['NetworkManager', '--version'],
  resolverFile: '/run/NetworkManager/no-stub-resolv.conf',
  plan: ({ host }) => ({
    files: { '/var/lib/NetworkManager/secret_key': { text: SECRET_KEY, mode: 0o600 }, ...files },
    daemons: [
      systemBus(host),
      ...(programs.includes('systemd-resolved') ? [resolved(host)] : []),
      {
        id: `${host}.networkmanager`,
        node: host,
        program: 'NetworkManager',
        // Stays in the foreground and logs to standard error; the level is the usual one.
        command: ['NetworkManager', '--debug'],
        files: {},
        ready: { output: 'acquired D-Bus service', withinMs: 10_000 },
        reload: 'restart',
        started: true,
      },
    ],
  }),
});

const dns = (plugin: string): Record<string, PlannedFile> => ({
  '/etc/NetworkManager/conf.d/dns.conf': `[main]\ndns=${plugin}\n`,
});

export const networkManager = networkManagerWith('', ', resolv.conf written by itself', [], {});

export const networkManagerDnsmasq = networkManagerWith(
  '+dnsmasq',
  ' with dnsmasq as local resolver',
  ['dnsmasq'],
  dns('dnsmasq'),
);

export const networkManagerResolved = networkManagerWith(
  '+resolved',
  ' with systemd-resolved',
  ['systemd-resolved'],
  {
    ...dns('systemd-resolved'),
    '/etc/resolv.conf': { link: '../run/systemd/resolve/stub-resolv.conf' },
  },
);
