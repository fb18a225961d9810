/** dhcpcd, which takes router advertisements, DHCPv4 and DHCPv6 itself (dhcpcd.conf(5)). Pure. */
import { dhcpV6Wanted } from '../plan/offers.ts';
import { READY_MS } from '../plan/ready.ts';
import type { Stack, StackLink } from './stack.ts';

/**
 * What Debian ships, but for a DUID of the MAC address, which makes a run like every other run, and nodev: its
 * udev module would wait for a udev that no lab has.
 */
const CONFIGURATION = `persistent
vendorclassid
option domain_name_servers, domain_name, domain_search
option classless_static_routes
option interface_mtu
option host_name
option rapid_commit
require dhcp_server_identifier
slaac private
duid ll
nodev
`;

/** Of which its stable private addresses (RFC 7217) are made: always the same. */
const SECRET = `${Array(64).fill('6c').join(':')}\n`;

/** Its own hooks first: what it learned stands then where it belongs. With the routers that it knows. */
const HOOK = 'echo "$interface $reason done $nd1_from $nd2_from $nd3_from $nd4_from"\n';

/** 7.1 asks for addresses also where advertisements have the O flag alone, and gets none. */
const asksForInformation = (image = ''): boolean => image !== 'bullseye';

const takenUp = (host: string, image: string | undefined, { interface: { name }, offers }: StackLink) => {
  const asked = dhcpV6Wanted(offers);
  const wanted = asked === 'information' && !asksForInformation(image) ? undefined : asked;
  const reasons = [
    ...(offers.ra.length > 0 ? ['ROUTERADVERT'] : []),
    ...(offers.dhcpv4.length > 0 ? ['(BOUND|REBOOT)'] : []),
    ...(wanted && offers.dhcpv6.length > 0
      ? [{ addresses: '(BOUND6|REBOOT6)', information: 'INFORM6' }[wanted]]
      : []),
  ];
  return reasons.map((reason) => ({ daemon: idOn(host), pattern: `^${name} ${reason} done` }));
};

const idOn = (host: string): string => `${host}.dhcpcd`;

const variant = (name: string, description: string, lines: string): Stack => ({
  name,
  description,
  programs: ['dhcpcd'],
  clients: ['dhcpv4', 'dhcpv6'],
  version: ['dhcpcd', '--version'],
  resolverFile: '/etc/resolv.conf',
  plan: ({ host, image }) => ({
    files: {
      '/etc/dhcpcd.conf': CONFIGURATION + lines,
      '/etc/dhcpcd.exit-hook': HOOK,
      '/var/lib/dhcpcd/secret': SECRET,
    },
    daemons: [
      {
        id: idOn(host),
        node: host,
        program: 'dhcpcd',
        command: ['dhcpcd', '-B', '-d'],
        files: {},
        ready: { output: 'no interfaces have a carrier', withinMs: READY_MS },
        reload: 'SIGHUP',
        started: true,
      },
    ],
    nameServers: {
      from: [
        ...(['dhcpv4', 'dhcpv6', 'rdnss'] as const),
        ...(asksForInformation(image) ? (['information'] as const) : []),
      ],
      shown: 'last',
    },
    settled: (link) => takenUp(host, image, link),
    // Of several routers of a link it keeps the route of the best, and it makes none without a global address.
    knowsRouter: ({ interface: { name } }, address) => ({
      daemon: idOn(host),
      pattern: `^${name} ROUTERADVERT done.* ${address}( |$)`,
    }),
  }),
});

export const dhcpcd = variant('dhcpcd', 'dhcpcd for everything, as Debian configures it', '');

export const dhcpcdNoarp = variant(
  'dhcpcd+noarp',
  'dhcpcd that takes an IPv4 address without asking whether another has it (RFC 5227)',
  'noarp\n',
);
