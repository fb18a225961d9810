import { BUILT, type Client } from './client.ts';
import { asking, OWN_EXIT_CODES, readLine } from './own-program.ts';

const { resolve, reverse } = asking([`${BUILT}/musl/client`]);

/** The loader prints its version when it is given nothing to load. */
const LOADER = '/bin/sh -c /lib/ld-musl-*.so.1'.split(' ');

export const musl: Client = {
  name: 'musl',
  description: 'getaddrinfo of musl, the C library of Alpine and OpenWrt, in a static program',
  asks: { resolve, reverse },
  read: readLine('musl'),
  exitCodes: OWN_EXIT_CODES,
  programs: [],
  build: {
    programs: ['musl-gcc'],
    sources: ['clients/client.c'],
    command: ['musl-gcc', '-static', '-O2', '-o', 'client', 'client.c'],
    version: LOADER,
  },
};
