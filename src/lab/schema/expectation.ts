/** Expectations: the decision that an RFC recommends, and the controls that must come out differently. */
import { z } from 'zod';
import { naming } from './names.ts';
import { Duration, define, describe } from './values.ts';

const Router = naming('node', 'on-link');
const Source = naming('network', 'address', 'prefix');
const Destination = naming('node', 'address');
const Link = naming('host link');

export const Reply = define(
  'Reply',
  "The way of the answer: an inbound probe's, as the host sends it; any other's, as it comes to the host",
  z.strictObject({
    router: describe('The first hop of the answer, or the router that brings it', Router).optional(),
    link: describe('The link it left or came by', Link).optional(),
    source: describe('Its source address', Source).optional(),
  }),
);

const Within = z.strictObject({ below: Duration.optional(), above: Duration.optional() });

export const ExpectedDecision = define(
  'ExpectedDecision',
  'A decision as far as it matters; what is left out may be anything',
  z.strictObject({
    sent: describe('Whether the probe left the host at all', z.boolean()).optional(),
    router: describe(
      'The first hop, by its MAC address on the wire; on-link: the destination itself',
      Router,
    ).optional(),
    link: describe('The link it left by', Link).optional(),
    source: describe('The source address; a network means any address of its prefixes', Source).optional(),
    temporary: describe(
      'Whether the source is a temporary address (RFC 8981), as the host has it in its tables',
      z.boolean(),
    ).optional(),
    destination: describe('The address it went to', Destination).optional(),
    'hop-limit': describe('Hop limit or TTL on the wire', z.int()).optional(),
    answered: describe(
      'Whether an answer came; a TCP reset or an ICMP error is none',
      z.boolean(),
    ).optional(),
    by: describe('The node that answered or refused', naming('node')).optional(),
    error: describe(
      "What the host was told instead: ENETUNREACH, ECONNREFUSED; where it was told nothing, what the wire shows: 'icmp no route', 'icmp packet too big, MTU 1280'",
      z.string(),
    ).optional(),
    order: describe(
      'The addresses in order: as the client gives them (resolve), as it tried them on the wire (fetch)',
      z.array(Destination),
    ).optional(),
    first: describe('The first address of the order', Destination).optional(),
    servers: describe(
      'The DNS servers asked, in order of the first query',
      z.array(naming('node')),
    ).optional(),
    names: describe('The names that a reverse probe found', z.array(z.string())).optional(),
    candidates: describe(
      "ICE: the host's own candidates in order of their priority; a network means any address of its prefixes",
      z.array(Source),
    ).optional(),
    'unique-priorities': describe(
      "ICE: whether no two of the host's own candidates have the same priority (RFC 8445 section 5.1.2)",
      z.boolean(),
    ).optional(),
    missing: describe(
      'ICE: global addresses of the host that are no candidate, in any order',
      z.array(Source),
    ).optional(),
    asked: describe(
      'The names that DNS servers were asked for, in order of the first query',
      z.array(z.string()),
    ).optional(),
    transports: describe(
      'What the DNS queries went over, in order of the first: [udp, tcp] where an answer was cut short',
      z.array(z.enum(['udp', 'tcp'])),
    ).optional(),
    fallback: describe(
      'How long after the first destination (fetch) or DNS server was tried the next one was: { above: 200ms, below: 400ms }',
      Within,
    ).optional(),
    reply: describe(
      'The way of the answer; none: the host sent none',
      z.union([z.literal('none'), Reply]),
    ).optional(),
    routers: describe('Distribution: the routers used, in any order', z.array(Router)).optional(),
    links: describe('Distribution: the links used', z.array(Link)).optional(),
    sources: describe('Distribution: the source networks or addresses used', z.array(Source)).optional(),
    outage: describe('Length of the outage: { below: 5s } or { above: 30s }', Within).optional(),
    contradiction: describe("The host's own answer contradicts the wire", z.boolean()).optional(),
  }),
);

export const Expectation = define(
  'Expectation',
  'The decision expected, or one of several',
  z.union([
    z.strictObject({
      'one-of': describe('Any of these; the one that happened is recorded', z.array(ExpectedDecision).min(2)),
    }),
    ExpectedDecision,
  ]),
);

export const Expectations = define(
  'Expectations',
  'Probe to the decision expected',
  z.record(naming('probe'), Expectation),
);

export const Control = define(
  'Control',
  'The same lab with one thing changed, so that the decision must be another one',
  z.strictObject({
    title: describe('What it shows', z.string()).optional(),
    change: describe(
      'Path to value; a map is merged, null removes: { nodes.lte-router.ra.lte.preference: low }',
      z.record(z.string(), z.any()),
    ),
    expect: Expectations,
  }),
);

export type ExpectedDecision = z.infer<typeof ExpectedDecision>;
export type Expectation = z.infer<typeof Expectation>;
export type Control = z.infer<typeof Control>;
