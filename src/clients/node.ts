/** Node's two resolvers and two HTTP clients, on the Node that runs miflab. */
import { type Client, NODE, SCRIPTS } from './client.ts';
import { asking, OWN_EXIT_CODES, readLine } from './own-program.ts';

const program = (module: string) => asking([NODE, `${SCRIPTS}/node.js`, module]);

export const node: Client = {
  name: 'node',
  description: "Node: dns.lookup (the C library's getaddrinfo), and fetch (undici)",
  asks: program('node'),
  read: readLine('node'),
  exitCodes: OWN_EXIT_CODES,
  programs: [],
};

export const nodeHttp: Client = {
  name: 'node-http',
  description: "Node's http.get with autoSelectFamily as it is by default",
  asks: { fetch: program('node-http').fetch },
  read: readLine('node'),
  exitCodes: OWN_EXIT_CODES,
  programs: [],
};

export const cAres: Client = {
  name: 'c-ares',
  description:
    "c-ares as Node's dns.resolve6 and dns.resolve4 ask it: no search list, no /etc/hosts, no sorting",
  asks: { resolve: program('c-ares').resolve, reverse: program('c-ares').reverse },
  read: readLine('c-ares'),
  exitCodes: OWN_EXIT_CODES,
  programs: [],
};
