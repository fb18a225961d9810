/** ISC dhclient as Debian configures it; router advertisements are the kernel's (dhclient(8)). Pure. */
import { dhcpV6Wanted } from '../plan/offers.ts';
import type { PlannedDaemon, PlannedStep } from '../plan/plan.ts';
import { anyState, type HostState } from '../plan/state.ts';
import { client, startClient } from './client.ts';
import type { Stack, StackLink } from './stack.ts';

/** What Debian ships, so that the machine's own changes to it do not count. */
const CONFIGURATION = `option rfc3442-classless-static-routes code 121 = array of unsigned integer 8;
send host-name = gethostname();
request subnet-mask, broadcast-address, time-offset, routers,
  domain-name, domain-name-servers, domain-search, host-name,
  dhcp6.name-servers, dhcp6.domain-search, dhcp6.fqdn, dhcp6.sntp-servers,
  netbios-name-servers, netbios-scope, interface-mtu,
  rfc3442-classless-static-routes, ntp-servers;
`;

/** dhclient says that it is bound before its script for DHCPv6 has done its work. */
const HOOK = 'echo "$reason done"\n';
const TAKEN_UP = '^(BOUND|REBOOT|BOUND6|RENEW6) done';

export const DHCLIENT_FILES = {
  '/etc/dhcp/dhclient.conf': CONFIGURATION,
  '/etc/dhcp/dhclient-exit-hooks.d/zz-told': HOOK,
  // dhclient-script reads it, and gives up where there is none.
  '/etc/fstab': '',
  '/var/lib/dhcp/dhclient.leases': '',
};

export const dhclient: Stack = {
  name: 'dhclient',
  description: 'isc-dhclient for DHCPv4 and DHCPv6, the kernel for router advertisements',
  programs: ['dhclient'],
  clients: ['dhcpv4', 'dhcpv6'],
  version: ['dhclient', '--version'],
  resolverFile: '/etc/resolv.conf',
  plan: ({ host, links }) => {
    const clients = new Map(links.map((link) => [link.interface.name, clientsOn(host, link)]));
    return {
      files: DHCLIENT_FILES,
      daemons: [...clients.values()].flat(),
      onPlugIn: (link) => startInTurn(host, link, clients.get(link.interface.name)!),
      nameServers: { from: ['dhcpv4', 'dhcpv6', 'information'], shown: 'last' },
      // Where advertisements have the M flag and no server answers, the client asks on and on.
      settled: ({ interface: { name }, offers }) =>
        clients
          .get(name)!
          .filter(({ command }) => offers[command.includes('-6') ? 'dhcpv6' : 'dhcpv4'].length > 0)
          .map(takenUp),
    };
  },
};

/** -4 where a DHCPv4 server is; -6 as the router advertisements there ask for it. */
const clientsOn = (host: string, { interface: { name }, offers }: StackLink): PlannedDaemon[] => {
  const wanted = dhcpV6Wanted(offers);
  const one = (version: 4 | 6, ...options: string[]) =>
    client(host, `dhclient${version}-${name}`, [
      'dhclient',
      `-${version}`,
      ...options,
      '-d',
      ...['-pf', `/run/dhclient${version}.${name}.pid`],
      ...['-lf', `/var/lib/dhcp/dhclient${version}.${name}.leases`],
      name,
    ]);
  return [
    ...(offers.dhcpv4.length > 0 ? [one(4)] : []),
    // An identifier from the MAC address instead of the time: a run is like every other run.
    ...(wanted === 'addresses' ? [one(6, '-D', 'LL')] : []),
    // Ends when it has its answer.
    ...(wanted === 'information' ? [{ ...one(6, '-S', '-D', 'LL'), once: true }] : []),
  ];
};

const takenUp = ({ id }: PlannedDaemon) => ({ daemon: id, pattern: TAKEN_UP });

/**
 * One after the other, as ifup does it: two scripts that write resolv.conf at the same time leave half of each
 * (seen with 4.4.3), and dhclient -6 ends at once where the link-local address is still tentative.
 */
const startInTurn = (
  host: string,
  { interface: { linkLocal } }: StackLink,
  clients: PlannedDaemon[],
): PlannedStep[] => {
  const wait = (title: string, state: Partial<HostState>): PlannedStep => ({
    kind: 'wait',
    title,
    state: { ...anyState(host), ...state },
    withinMs: 10_000,
    settle: false,
  });
  return clients.flatMap((daemon, index) => [
    ...clients
      .slice(index - 1, index)
      .map((before) => wait(`wait for ${before.id}`, { said: [takenUp(before)] })),
    ...(daemon.command.includes('-6') ? [wait(`wait for ${linkLocal}`, { addresses: [linkLocal] })] : []),
    startClient(daemon),
  ]);
};
