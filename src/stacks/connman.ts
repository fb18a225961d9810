/** connman as Debian starts it, with its own DNS proxy (connmand(8)). One service at a time has the default route. Pure. */
import type { NameServerSource } from '../plan/offers.ts';
import { READY_MS } from '../plan/ready.ts';
import { systemBus } from './dbus.ts';
import type { Stack } from './stack.ts';

/**
 * Information by DHCPv6 comes late or not at all, and `settle` waits for it no more than for what a stack may leave
 * out: connman asks up to 1 s after an advertisement (RFC 8415 section 18.2.6), and hears only what comes once it
 * listens. That is often after the answer to the kernel's own solicitation; those of 2.0 have a wrong checksum (0x7bfa
 * for 0x7bb8), and no router answers them.
 */
const SOURCES: NameServerSource[] = ['dhcpv4', 'dhcpv6', 'rdnss', 'information'];

export const connman: Stack = {
  name: 'connman',
  description: 'connman with its DNS proxy',
  needsUserLand: true,
  managesLinks: true,
  programs: ['connmand', 'dbus-daemon'],
  clients: ['dhcpv4', 'dhcpv6'],
  version: ['connmand', '--version'],
  resolverFile: '/run/connman/resolv.conf',
  resolver: 'connman',
  plan: ({ host, links }) => ({
    unsupported: links.some(({ interface: { addresses }, routes }) => addresses.length + routes.length > 0)
      ? 'the lab states addresses or routes of the host, which miflab does not hand to connman'
      : undefined,
    files: { '/etc/resolv.conf': { link: '/run/connman/resolv.conf' } },
    daemons: [
      systemBus(host),
      {
        id: `${host}.connman`,
        node: host,
        program: 'connmand',
        // The file in which it says which name servers it takes: its resolver file never shows them.
        command: ['connmand', '--nodaemon', '--debug=*src/dnsproxy.c'],
        files: {},
        ready: { output: 'Connection Manager version', withinMs: READY_MS },
        reload: 'restart',
        started: true,
      },
    ],
    nameServers: {
      from: SOURCES,
      shown: 'none',
      knows: (server, by) =>
        by === 'information'
          ? undefined
          : {
              daemon: `${host}.connman`,
              pattern: `__connman_dnsproxy_append\\(\\) index \\d+ server ${server}$`,
            },
    },
    // The lease comes before the route; which link has the only default route is connman's choice. 1.44 says no
    // more which routes it adds, and older ones do not say which service is the default.
    settled: ({ offers: { dhcpv4 } }) =>
      dhcpv4.length > 0
        ? [{ daemon: `${host}.connman`, pattern: '\\{add\\} route 0\\.0\\.0\\.0 |is the default$' }]
        : [],
  }),
};
