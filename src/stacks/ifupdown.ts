/** ifupdown with isc-dhclient: `ifup LINK` when the link gets carrier, as its hotplug rule does (interfaces(5)). Pure. */
import { dhcpV6Wanted, type LinkOffers } from '../plan/offers.ts';
import type { PlannedDaemon } from '../plan/plan.ts';
import { client, startClient } from './client.ts';
import { DHCLIENT_FILES } from './dhclient.ts';
import type { Stack, StackLink } from './stack.ts';

export const ifupdown: Stack = {
  name: 'ifupdown',
  description: 'ifupdown with isc-dhclient, the kernel for router advertisements',
  programs: ['ifup', 'dhclient'],
  clients: ['dhcpv4', 'dhcpv6'],
  version: ['ifup', '--version'],
  resolverFile: '/etc/resolv.conf',
  plan: ({ host, links }) => {
    const ups = new Map(
      links.filter((link) => stanzasOf(link).length > 0).map((link) => [link, ifupOn(host, link)]),
    );
    return {
      files: {
        ...DHCLIENT_FILES,
        '/etc/network/interfaces': [...ups.keys()].flatMap(stanzasOf).join('\n'),
        '/run/network/ifstate': '',
        ...Object.fromEntries([...ups.keys()].flatMap(leaseFiles)),
      },
      daemons: [...ups.values()],
      onPlugIn: (link) => [ups.get(link) ?? []].flat().map(startClient),
      nameServers: { from: ['dhcpv4', 'dhcpv6', 'information'], shown: 'last' },
      // Where no server answers one of its stanzas, ifup goes on waiting.
      settled: (link) =>
        [...ups]
          .filter(
            ([
              {
                interface: { name },
              },
            ]) => name === link.interface.name,
          )
          .filter(([{ offers }]) => isAnswered(offers, link.offers))
          .map(([, { id }]) => ({ daemon: id, pattern: '^up done' })),
    };
  },
};

/** Whether what still comes answers all that was offered when its stanzas were written. */
const isAnswered = (stanzas: LinkOffers, { dhcpv4, dhcpv6 }: LinkOffers): boolean =>
  (stanzas.dhcpv4.length === 0 || dhcpv4.length > 0) && (!dhcpV6Wanted(stanzas) || dhcpv6.length > 0);

/** ifup ends when every stanza of the link is up; its dhclients go on. */
const ifupOn = (host: string, { interface: { name } }: StackLink): PlannedDaemon => ({
  ...client(host, `ifup-${name}`, ['ifup', '--no-scripts', '--verbose', name]),
  once: true,
});

/** dhclient makes its DUID of the time unless its lease file has one: that of the MAC address is the same in every run. */
const leaseFiles = ({ interface: { name, mac } }: StackLink): [path: string, text: string][] => {
  const bytes = [0, 3, 0, 1, ...mac.split(':').map((byte) => Number.parseInt(byte, 16))];
  const octal = bytes.map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  return ['dhclient', 'dhclient6'].map((file) => [
    `/var/lib/dhcp/${file}.${name}.leases`,
    `default-duid "${octal}";\n`,
  ]);
};

/** What an administrator would write for a network that offers this. */
const stanzasOf = ({ interface: { name }, offers }: StackLink): string[] => {
  const wanted = dhcpV6Wanted(offers);
  const stanzas = [
    ...(offers.dhcpv4.length > 0 ? [`iface ${name} inet dhcp`] : []),
    ...(wanted === 'addresses'
      ? [`iface ${name} inet6 dhcp`]
      : offers.ra.length > 0
        ? [`iface ${name} inet6 auto${wanted ? '\n  dhcp 1' : ''}`]
        : []),
  ];
  return stanzas.map((stanza, index) =>
    index === stanzas.length - 1 ? `${stanza}\n  post-up echo up done\n` : `${stanza}\n`,
  );
};
