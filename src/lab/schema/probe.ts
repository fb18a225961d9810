/** Probes: the questions put to the stack under test. */
import { z } from 'zod';
import { clientsFor, DEFAULT_CLIENT } from '../../clients/index.ts';
import { exactlyOneOf } from './exactly-one.ts';
import { naming } from './names.ts';
import { Address, AddressFamily, Duration, define, describe, Prefix } from './values.ts';

export const SocketProbe = define(
  'SocketProbe',
  'How a udp, tcp or ping probe is asked',
  z.strictObject({
    to: describe('The destination', naming('node', 'address')),
    family: describe(
      "Which of the node's addresses (default ipv6 where it has one)",
      AddressFamily,
    ).optional(),
    port: describe(
      'Destination port (default: one of its own, so that a packet belongs to one probe)',
      z.int().min(1).max(65535),
    ).optional(),
    'bind-link': describe('Bound to this link (SO_BINDTODEVICE)', naming('host link')).optional(),
    'bind-address': describe(
      "Bound to this source address; a link means the host's address there",
      naming('host link', 'address'),
    ).optional(),
    mark: describe('SO_MARK', z.int().min(0)).optional(),
    user: describe('As this user id', z.int().min(0)).optional(),
    'hop-limit': describe('Hop limit or TTL', z.int().min(1).max(255)).optional(),
    'keep-open': describe('The flow stays open, to be asked again', z.boolean()).optional(),
    size: describe('Bytes of payload (default: the nonce alone)', z.int().min(0).max(60000)).optional(),
  }),
);

const Destination = z.union([describe('The destination', naming('node', 'address')), SocketProbe]);

const by = (kind: keyof typeof DEFAULT_CLIENT) =>
  describe(
    `The client that asks (docs/clients.md; default ${DEFAULT_CLIENT[kind]})`,
    z.enum(clientsFor(kind)),
  ).optional();

export const QueryProbe = define(
  'QueryProbe',
  'How a query probe is asked',
  z.strictObject({
    name: describe('The name asked for', z.string()),
    type: describe('Record type (default A)', z.string()).optional(),
    server: describe(
      'The server asked (default: as the resolver configuration says)',
      naming('node', 'address'),
    ).optional(),
  }),
);

export const ResolveProbe = define(
  'ResolveProbe',
  'How a resolve probe is asked',
  z.strictObject({
    name: describe('The name asked for', z.string()),
    family: describe('Addresses of this family only', AddressFamily).optional(),
    by: by('resolve'),
  }),
);

export const ReverseProbe = define(
  'ReverseProbe',
  'How a reverse probe is asked',
  z.strictObject({
    address: describe('The address whose name is asked for', naming('node', 'address')),
    by: by('reverse'),
  }),
);

const Url = z.string().regex(/^https?:\/\/[^/\s]+/, 'expected a URL: http://server/');

export const FetchProbe = define(
  'FetchProbe',
  'How a fetch probe is asked',
  z.strictObject({
    url: describe("The URL; a node's name stands for its address", Url),
    'bind-link': describe('Bound to this link', naming('host link')).optional(),
    by: by('fetch'),
  }),
);

export const IceProbe = define(
  'IceProbe',
  'Which ICE candidates a WebRTC library gathers (RFC 8445 section 5.1.1)',
  z.strictObject({
    stun: describe('The node that answers as STUN server (default: none)', naming('node')).optional(),
    by: by('ice'),
  }),
);

export const InboundProbe = define(
  'InboundProbe',
  'A packet that a node sends to an address of the host: which way does the answer take?',
  z.strictObject({
    from: describe('The node that sends it', naming('node')),
    kind: describe('What it sends', z.enum(['udp', 'tcp', 'ping', 'arp', 'neighbour-solicitation'])),
    to: describe("The host's address; a link means the host's address there", naming('host link', 'address')),
    family: describe("Which of the host's addresses", AddressFamily).optional(),
    over: describe(
      "The link the node sends it over, straight to the host's MAC address there",
      naming('host link'),
    ).optional(),
    source: describe("The address it is sent from (default: the node's own)", Address).optional(),
    port: describe('Destination port', z.int().min(1).max(65535)).optional(),
  }),
);

export const CommandProbe = define(
  'CommandProbe',
  'Any program on the host as a stimulus',
  z.strictObject({
    run: describe('The program and its arguments; no shell reads them', z.array(z.string()).min(1)),
    to: describe('Its packets are those to this destination', naming('node', 'address')).optional(),
    port: describe('and to this port', z.int().min(1).max(65535)).optional(),
  }),
);

/** The keys of which a probe has exactly one. */
const probeKinds = [
  'udp',
  'tcp',
  'ping',
  'query',
  'resolve',
  'reverse',
  'fetch',
  'ice',
  'inbound',
  'command',
  'again',
] as const;

export const Probe = define(
  'Probe',
  'A question put to the stack: exactly one kind, and how it is asked',
  exactlyOneOf(
    'a probe',
    [...probeKinds],
    z.strictObject({
      udp: describe('A UDP datagram', Destination).optional(),
      tcp: describe('A TCP connection', Destination).optional(),
      ping: describe('An ICMP echo request', Destination).optional(),
      query: describe('A DNS query to the configured resolver', z.union([z.string(), QueryProbe])).optional(),
      resolve: describe(
        'A name to addresses: all of them, in the order that the client gives them',
        z.union([z.string(), ResolveProbe]),
      ).optional(),
      reverse: describe(
        'An address to its name',
        z.union([describe('The address', naming('node', 'address')), ReverseProbe]),
      ).optional(),
      fetch: describe(
        "HTTP GET: a URL; a node's name stands for its address",
        z.union([Url, FetchProbe]),
      ).optional(),
      ice: IceProbe.optional(),
      inbound: InboundProbe.optional(),
      command: CommandProbe.optional(),
      again: describe('The open flow of this earlier probe, asked again', naming('earlier probe')).optional(),
      destinations: describe(
        'One question to each of many destinations; the decision is a distribution',
        z.strictObject({
          prefix: describe('Spread evenly over this prefix', Prefix),
          count: describe('How many', z.int().min(2).max(500)),
        }),
      ).optional(),
      until: describe(
        'Ask again and again until it is so; the decision tells the length of the outage',
        z.enum(['answered', 'unanswered']),
      ).optional(),
      every: describe('The pace of until (default 100ms)', Duration).optional(),
      within: describe('Deadline of the answer, or of until', Duration).optional(),
    }),
  ),
);

export type Probe = z.infer<typeof Probe>;
