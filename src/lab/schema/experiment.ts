/** The experiment: what happens, in order, and what is waited for. */
import { z } from 'zod';
import { exactlyOneOf } from './exactly-one.ts';
import { naming } from './names.ts';
import { Impairment } from './network.ts';
import { Packet } from './packet.ts';
import { Probe } from './probe.ts';
import { Address, Duration, define, describe, Name, Prefix } from './values.ts';

export const State = define(
  'State',
  'A state of the host under test, seen in its netlink events and tables',
  z.strictObject({
    'default-routers': describe(
      'A default route through each of these routers',
      z.array(naming('node')),
    ).optional(),
    'no-default-routers': describe(
      'No default route through any of these routers',
      z.array(naming('node')),
    ).optional(),
    addresses: describe(
      'On each of these links a usable (not tentative) global address of every prefix advertised or leased there',
      z.array(naming('host link')),
    ).optional(),
    address: describe(
      'These addresses, or one of each of these prefixes, are there and not tentative',
      z.array(z.union([Address, Prefix])),
    ).optional(),
    'no-address': describe(
      'These addresses, or all of these prefixes, are gone',
      z.array(z.union([Address, Prefix])),
    ).optional(),
    deprecated: describe(
      'These addresses, or one of each of these prefixes, are there and deprecated',
      z.array(z.union([Address, Prefix])),
    ).optional(),
    temporary: describe(
      'On each of these links a usable temporary address (RFC 8981)',
      z.array(naming('host link')),
    ).optional(),
    routes: describe('Routes to these prefixes are there', z.array(Prefix)).optional(),
    'no-routes': describe('No route to these prefixes is there', z.array(Prefix)).optional(),
    neighbour: describe(
      'A router or node in this neighbour state',
      z.strictObject({
        node: naming('node'),
        link: naming('host link'),
        state: z.enum(['reachable', 'stale', 'delay', 'probe', 'failed', 'gone']),
      }),
    ).optional(),
    resolver: describe(
      'These name servers stand in the resolver configuration',
      z.array(naming('node', 'address')),
    ).optional(),
    log: describe(
      'A text in the output of a daemon',
      z.strictObject({ daemon: naming('daemon'), text: z.string() }),
    ).optional(),
    packet: describe(
      'A packet seen on a link',
      z.strictObject({
        link: naming('network'),
        from: describe('The node that sent it', naming('node')).optional(),
        kind: z.enum([
          'router-solicitation',
          'router-advertisement',
          'neighbour-solicitation',
          'neighbour-advertisement',
          'redirect',
          'arp-request',
          'arp-reply',
          'dhcpv4',
          'dhcpv6',
          'dns',
          'icmp-unreachable',
        ]),
      }),
    ).optional(),
    within: describe(
      'Deadline, counted from the step before (default 30s with fast timers, 60s with real ones)',
      Duration,
    ).optional(),
  }),
);

const AnyOrder = z.strictObject({
  'any-order': describe(
    'Every order is run, and the result says whether the decision depends on it; the host settles on each link before the next is plugged in',
    z.array(naming('host link')).min(2).max(4),
  ),
});

const steps = {
  'plug-in': describe(
    "The host's links get carrier, in this order and without waiting in between",
    z.union([z.array(naming('host link')).min(1), AnyOrder]),
  ).optional(),
  unplug: describe("The host's links lose carrier", z.array(naming('host link')).min(1)).optional(),
  settle: describe(
    'Wait until the host is in a state; true: every address and default router that its links offer, of daemons that were not ended and nodes that were not silenced',
    z.union([z.literal(true), State]),
  ).optional(),
  wait: describe('Wait until the host is in a state', State).optional(),
  after: describe(
    'Let so much time pass: 2h. Only with virtual timers, where it costs none',
    Duration,
  ).optional(),
  start: describe('Start daemons: lte-router.ra', z.array(naming('daemon'))).optional(),
  stop: describe('Stop daemons in good order', z.array(naming('daemon'))).optional(),
  kill: describe('Kill daemons (SIGKILL)', z.array(naming('daemon'))).optional(),
  change: describe(
    'Change the lab while it runs: addresses, routes, rules, parameters, packet filters, files and daemons of nodes, MTU, prefixes and impairment of networks. Path to value; a map is merged, null removes: a parameter is then what it was before the lab set it',
    z.record(z.string(), z.any()),
  ).optional(),
  ip: describe(
    'iproute2 commands on a node, without the leading ip',
    z.record(naming('node'), z.array(z.string())),
  ).optional(),
  sysctl: describe(
    'Kernel parameters on a node',
    z.record(naming('node'), z.record(z.string(), z.union([z.int(), z.string()]))),
  ).optional(),
  nftables: describe('An nftables ruleset on a node', z.record(naming('node'), z.string())).optional(),
  run: describe('A program on a node', z.record(naming('node'), z.array(z.string()).min(1))).optional(),
  silence: describe(
    'A node falls silent: all, neighbours (ND and ARP only, it forwards on), or forwarding (it answers, and forwards no more)',
    z.record(naming('node'), z.enum(['all', 'neighbours', 'forwarding'])),
  ).optional(),
  speak: describe('Silenced nodes speak again', z.array(naming('node'))).optional(),
  impair: describe('Loss, rate and delay of links', z.record(naming('network'), Impairment)).optional(),
  send: Packet.optional(),
  probe: describe('Probes by name, one after the other', z.record(Name, Probe)).optional(),
};

const PlainStep = exactlyOneOf('a step', Object.keys(steps), z.strictObject(steps));

export const Step = define(
  'Step',
  'A step of the experiment: exactly one kind',
  exactlyOneOf(
    'a step',
    [...Object.keys(steps), 'any-order'],
    z.strictObject({
      ...steps,
      'any-order': describe(
        'Every order of these steps is run, as written',
        z.array(PlainStep).min(2).max(4),
      ).optional(),
    }),
  ),
);

export type State = z.infer<typeof State>;
export type Step = z.infer<typeof Step>;
