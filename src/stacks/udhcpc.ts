/** busybox udhcpc with the script of Debian's package; router advertisements are the kernel's. Pure. */
import { client, startClient } from './client.ts';
import type { Stack, StackLink } from './stack.ts';

/** udhcpc says nothing when the script has done its work. */
const SCRIPT = '/etc/udhcpc/told.script';
const script = `#!/bin/sh
/etc/udhcpc/default.script "$@"
status=$?
echo "$1 done"
exit $status
`;

export const udhcpc: Stack = {
  name: 'udhcpc',
  description: 'busybox udhcpc for DHCPv4, the kernel for router advertisements',
  programs: ['udhcpc', 'busybox'],
  clients: ['dhcpv4'],
  version: ['busybox'],
  resolverFile: '/etc/resolv.conf',
  plan: ({ host, links }) => {
    const clientOn = ({ interface: { name } }: StackLink) =>
      client(host, `udhcpc-${name}`, ['udhcpc', '-f', '-i', name, '-s', SCRIPT]);
    const served = links.filter(({ offers }) => offers.dhcpv4.length > 0);
    return {
      files: { [SCRIPT]: { text: script, mode: 0o755 } },
      daemons: served.map(clientOn),
      onPlugIn: (link) => (served.includes(link) ? [startClient(clientOn(link))] : []),
      nameServers: { from: ['dhcpv4'], shown: 'last' },
      settled: (link) =>
        link.offers.dhcpv4.length > 0 &&
        served.some(({ interface: { name } }) => name === link.interface.name)
          ? [{ daemon: clientOn(link).id, pattern: '^bound done' }]
          : [],
    };
  },
};
