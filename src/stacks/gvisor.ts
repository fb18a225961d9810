/**
 * gVisor's network stack as Debian builds it (runsc of 2022): a program that asks from within its sandbox, whose links
 * runsc takes over through packet sockets, with the addresses and routes that the kernel had for them. It knows nothing
 * of router advertisements. Pure.
 */
import { BUILT } from '../clients/client.ts';
import type { StaticRoute } from '../plan/nodes.ts';
import { foreignStack } from './foreign.ts';
import type { Stack } from './stack.ts';

const FOLDER = '/etc/miflab-gvisor';
const PROGRAM = `${BUILT}/gvisor/sockets`;

/**
 * A constant. On Linux 6.9 and later every network namespace has rmem_default, by which this runsc knows that of the
 * machine, where it refuses to run.
 */
const START = `
mount -t tmpfs none /proc/sys/net/core || exit
ip -batch ${FOLDER}/link-local || exit
exec runsc --root=/run/runsc --platform=ptrace --ignore-cgroups --network=sandbox --net-raw run --bundle ${FOLDER} host
`;

export const gvisor: Stack = {
  name: 'gvisor',
  description: "gVisor's network stack (runsc), instead of the kernel: static addresses and routes",
  programs: ['runsc'],
  clients: [],
  ignoresAdvertisements: true,
  version: ['runsc', '--version'],
  resolverFile: '/etc/resolv.conf',
  foreign: {
    options: ['bindLink', 'bindAddress', 'hopLimit'],
    tells: [],
    runs: true,
    changesUser: true,
  },
  build: {
    programs: ['gcc'],
    headers: ['jansson.h'],
    sources: ['stacks/sockets.c', 'stacks/messages.h'],
    command: 'gcc -O2 -Wall -pthread -o sockets sockets.c -ljansson'.split(' '),
    version: ['dpkg-query', '--show', 'gcc', 'libjansson-dev'],
  },
  plan: ({ host, links }) => ({
    files: {
      [`${FOLDER}/config.json`]: JSON.stringify(bundle(host), undefined, 1),
      [`${FOLDER}/link-local`]: links
        .map(({ interface: { name, linkLocal } }) => `addr replace ${linkLocal}/64 dev ${name}\n`)
        .join(''),
    },
    // Until runsc has taken the addresses over the kernel shall not speak of them, nor make others.
    sysctls: links.flatMap(({ interface: { name } }) =>
      Object.entries({ accept_dad: 0, accept_ra: 0, addr_gen_mode: 1, router_solicitations: 0 }).map(
        ([key, value]): [string, string] => [`net.ipv6.conf.${name}.${key}`, String(value)],
      ),
    ),
    daemons: [foreignStack(host, 'gvisor', ['/bin/sh', '-c', START])],
    unsupported: untakeable(links.flatMap(({ routes }) => routes)),
  }),
};

/** config.json of the OCI runtime specification: our program over the host's own files. */
const bundle = (host: string) => {
  const capabilities = ['CAP_NET_ADMIN', 'CAP_NET_RAW', 'CAP_NET_BIND_SERVICE'];
  return {
    ociVersion: '1.0.0',
    process: {
      user: { uid: 0, gid: 0 },
      args: [PROGRAM],
      env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LANG=C.UTF-8'],
      cwd: '/',
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    },
    root: { path: '/' },
    hostname: host,
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/tmp', type: 'tmpfs', source: 'tmpfs' },
    ],
    linux: {
      namespaces: [
        ...['pid', 'mount', 'ipc', 'uts'].map((type) => ({ type })),
        { type: 'network', path: '/proc/self/ns/net' },
      ],
    },
  };
};

/** Measured: a second default route is refused, and of a route nothing but destination and next hop is taken. */
const untakeable = (routes: StaticRoute[]): string | undefined => {
  const beyond = routes.find(({ from, source, table, metric }) => from ?? source ?? table ?? metric);
  if (beyond)
    return 'the lab states a route of the host by more than its destination and next hop, which runsc does not take over';
  const defaults = routes.filter(({ to }) => to === '0.0.0.0/0' || to === '::/0');
  const families = defaults.map(({ family }) => family);
  return new Set(families).size < families.length
    ? 'the lab states two default routes of the host, and runsc takes over one of each family'
    : undefined;
};
