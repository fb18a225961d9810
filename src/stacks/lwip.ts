/**
 * lwIP as Debian builds it (liblwip0), in a small program of our own: it takes the links over through packet sockets.
 * That build has router advertisements, and neither DHCP nor a resolver. Pure.
 */
import { BUILT } from '../clients/client.ts';
import type { StaticRoute } from '../plan/nodes.ts';
import { foreignStack } from './foreign.ts';
import type { Stack, StackLink } from './stack.ts';

const PROGRAM = `${BUILT}/lwip/lwip`;

export const lwip: Stack = {
  name: 'lwip',
  description: 'lwIP as Debian builds it, instead of the kernel: router advertisements, static IPv4',
  managesLinks: true,
  programs: [],
  clients: [],
  version: [PROGRAM, '--version'],
  resolverFile: '/etc/resolv.conf',
  // Its timers have seconds for ticks, and it solicits routers every 4 s: 6 to 8 s were measured.
  settlesWithinMs: 30_000,
  foreign: { options: ['bindLink', 'bindAddress', 'hopLimit'], tells: ['deprecated'] },
  build: {
    programs: ['gcc'],
    headers: ['lwip/lwip/init.h', 'jansson.h'],
    sources: ['stacks/lwip.c', 'stacks/messages.h'],
    command: 'gcc -O2 -Wall -I/usr/include/lwip -o lwip lwip.c -llwip -ljansson'.split(' '),
    version: ['dpkg-query', '--show', 'gcc', 'liblwip-dev', 'libjansson-dev'],
  },
  plan: ({ host, links }) => ({
    daemons: [
      foreignStack(host, 'lwip', [PROGRAM, ...links.map(({ interface: { name } }) => name), ...set(links)]),
    ],
    unsupported: beyond(links),
  }),
};

const set = (links: StackLink[]): string[] =>
  links.flatMap(({ interface: { name, addresses }, routes }) => [
    ...addresses.flatMap((address) => ['--address', name, address]),
    ...routes.flatMap(({ via }) => ['--gateway', name, via!]),
  ]);

/** It has one IPv4 address, six IPv6 addresses and one gateway on each link, and no other routes. */
const beyond = (links: StackLink[]): string | undefined => {
  for (const { interface: own, routes } of links) {
    const ipv6 = own.addresses.filter((address) => address.includes(':'));
    const ipv4 = own.addresses.length - ipv6.length;
    if (ipv4 > 1 || ipv6.length > 5)
      return `the lab states more addresses on ${own.name} than lwip has room for: one of IPv4, five of IPv6`;
    if (routes.length > 1 || !routes.every(isGateway))
      return 'the lab states a route of the host, and lwip can be given none but an IPv4 gateway for each link';
  }
  return undefined;
};

const isGateway = ({ to, via, ...rest }: StaticRoute): boolean =>
  to === '0.0.0.0/0' && via !== undefined && !(rest.from ?? rest.source ?? rest.table ?? rest.metric);
