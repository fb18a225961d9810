import { BUILT, type Client } from './client.ts';
import { asking, OWN_EXIT_CODES, readLine } from './own-program.ts';

/** A constant. Without cgo the program has Go's own resolver; its build cache is of no further use. */
const BUILD = 'GOCACHE="$PWD/cache" CGO_ENABLED=0 go build -trimpath -o client client.go && rm -rf cache';

export const go: Client = {
  name: 'go',
  description: "Go's own resolver (without cgo), and net/http",
  asks: asking([`${BUILT}/go/client`]),
  read: readLine('go'),
  exitCodes: OWN_EXIT_CODES,
  programs: [],
  build: {
    programs: ['go'],
    sources: ['clients/client.go'],
    command: ['/bin/sh', '-c', BUILD],
    version: ['go', 'version'],
  },
};
