/** Steps and probes: what is asked must be there to be asked. Pure. */
import { clientNamed, clients, DEFAULT_CLIENT } from '../../clients/index.ts';
import { familyOf, sizeOf } from '../addresses.ts';
import { linksOf, type PlacedProbe, probesOf, stepsOf } from '../parts.ts';
import type { Path, Problem } from '../problem.ts';
import type { Lab, Packet } from '../schema.ts';
import { ordersOf } from '../variants.ts';
import { withoutAddress } from './addressees.ts';

/** The product over all any-order of a lab: four links in every order, or fewer more often. */
const MOST_ORDERS = 24;

export const experimentProblems = (lab: Lab): Problem[] => [
  ...orderProblems(lab),
  ...stepsOf(lab).flatMap(({ step, path }) => (step.after ? afterProblems([...path, 'after'], lab) : [])),
  ...stepsOf(lab).flatMap(({ step, path }) =>
    step.send ? senderProblems(step.send, [...path, 'send'], lab) : [],
  ),
  ...probesOf(lab).flatMap((placed, index, all) => [
    ...nameProblems(placed, all.slice(0, index)),
    ...portProblems(placed, all.slice(0, index)),
    ...againProblems(placed, all.slice(0, index)),
    ...destinationProblems(placed, lab),
    ...repetitionProblems(placed),
    ...inboundProblems(placed, lab),
    ...bindingProblems(placed),
  ]),
];

const afterProblems = (path: Path, { timers }: Lab): Problem[] =>
  timers === 'virtual'
    ? []
    : [
        {
          path,
          message: 'time passes by itself only in virtual time',
          expected: 'timers: virtual in the lab, or settle or wait for what must have happened',
        },
      ];

function orderProblems(lab: Lab): Problem[] {
  const orders = ordersOf(lab);
  return orders > MOST_ORDERS
    ? [
        {
          path: ['experiment'],
          atKey: true,
          message: `${orders} orders to run`,
          expected: `at most ${MOST_ORDERS}`,
        },
      ]
    : [];
}

const senderProblems = ({ node, link }: Packet, path: Path, lab: Lab): Problem[] =>
  !Object.hasOwn(lab.nodes, node) ||
  !Object.hasOwn(lab.networks, link) ||
  linksOf(lab.nodes[node]!).includes(link)
    ? []
    : [{ path: [...path, 'link'], message: `${node} has no link ${link}`, about: [node, link] }];

const nameProblems = ({ name, path }: PlacedProbe, earlier: PlacedProbe[]): Problem[] =>
  earlier.some((other) => other.name === name)
    ? [
        {
          path,
          atKey: true,
          message: `a second probe ${name}`,
          expected: `another name; { again: ${name} } asks an open flow again`,
        },
      ]
    : [];

/** The three kinds that are asked through a socket. */
const socketKinds = ['udp', 'tcp', 'ping'] as const;

const socketOf = ({ probe, path }: PlacedProbe) => {
  const kind = socketKinds.find((candidate) => probe[candidate] !== undefined);
  if (!kind) return undefined;
  const stated = probe[kind]!;
  return typeof stated === 'string'
    ? { kind, socket: { to: stated }, path: [...path, kind], toPath: [...path, kind] }
    : { kind, socket: stated, path: [...path, kind], toPath: [...path, kind, 'to'] };
};

const statedPort = (placed: PlacedProbe) => {
  const socket = socketOf(placed);
  return socket && 'port' in socket.socket ? { kind: socket.kind, port: socket.socket.port } : undefined;
};

/** A packet must belong to one probe (design: every probe carries a nonce). */
function portProblems(placed: PlacedProbe, earlier: PlacedProbe[]): Problem[] {
  const own = statedPort(placed);
  const other =
    own &&
    earlier.find((probe) => statedPort(probe)?.port === own.port && statedPort(probe)?.kind === own.kind);
  return other
    ? [
        {
          path: [...placed.path, own.kind, 'port'],
          message: `port ${own.port} is that of probe ${other.name}`,
        },
      ]
    : [];
}

function againProblems({ probe, path }: PlacedProbe, earlier: PlacedProbe[]): Problem[] {
  const first = earlier.find(({ name }) => name === probe.again);
  if (!first) return [];
  const socket = socketOf(first)?.socket;
  if (socket && 'keep-open' in socket && socket['keep-open']) return [];
  return [
    {
      path: [...path, 'again'],
      message: `the flow of ${first.name} does not stay open`,
      expected: `keep-open: true in probe ${first.name}`,
      about: [first.name],
    },
  ];
}

function destinationProblems(placed: PlacedProbe, lab: Lab): Problem[] {
  const { probe, path } = placed;
  const { query, command, fetch } = probe;
  if (probe.destinations) return distributionProblems(placed);
  const socket = socketOf(placed);
  const family = socket && 'family' in socket.socket ? socket.socket.family : undefined;
  const url = typeof fetch === 'string' ? fetch : fetch?.url;
  return [
    ...withoutAddress(lab, socket?.socket.to, family, socket?.toPath ?? path),
    ...(typeof query === 'object'
      ? withoutAddress(lab, query.server, undefined, [...path, 'query', 'server'])
      : []),
    ...withoutAddress(lab, command?.to, undefined, [...path, 'command', 'to']),
    ...(url && URL.canParse(url)
      ? withoutAddress(lab, new URL(url).hostname, undefined, [
          ...path,
          'fetch',
          ...(typeof fetch === 'string' ? [] : ['url']),
        ])
      : []),
  ];
}

function distributionProblems(placed: PlacedProbe): Problem[] {
  const path = [...placed.path, 'destinations'];
  const { prefix, count } = placed.probe.destinations!;
  if (!socketOf(placed)) return [{ path, atKey: true, message: 'destinations go with udp, tcp or ping' }];
  if (sizeOf(prefix) > BigInt(count)) return [];
  return [{ path: [...path, 'count'], message: `${prefix} has no ${count} addresses besides its first` }];
}

const repetitionProblems = ({ probe, path }: PlacedProbe): Problem[] =>
  probe.every && !probe.until
    ? [
        {
          path: [...path, 'every'],
          atKey: true,
          message: 'every is the pace of until',
          expected: 'until: answered or unanswered',
        },
      ]
    : [];

function inboundProblems({ probe: { inbound }, path }: PlacedProbe, lab: Lab): Problem[] {
  const sender = inbound && Object.hasOwn(lab.nodes, inbound.from) ? lab.nodes[inbound.from] : undefined;
  if (!inbound || !sender) return [];
  const { from, to, over, source } = inbound;
  const place = [...path, 'inbound'];
  const family =
    inbound.family ?? (/[.:]/.test(to) ? familyOf(to) : inbound.kind === 'arp' ? 'ipv4' : 'ipv6');
  const onLink = !over || linksOf(sender).includes(over);
  return [
    ...(source ? [] : withoutAddress(lab, from, family, [...place, 'from'])),
    ...(onLink
      ? []
      : [{ path: [...place, 'over'], message: `${from} has no link ${over}`, about: [from, over] }]),
  ];
}

function bindingProblems({ probe: { fetch }, path }: PlacedProbe): Problem[] {
  if (typeof fetch !== 'object' || !fetch['bind-link']) return [];
  const by = fetch.by ?? DEFAULT_CLIENT.fetch;
  if (clientNamed(by).bindsLink) return [];
  const able = clients.filter(({ bindsLink }) => bindsLink).map(({ name }) => name);
  return [
    {
      path: [...path, 'fetch', 'bind-link'],
      atKey: true,
      message: `${by} cannot be bound to a link`,
      expected: `by: ${able.join(' or ')}`,
    },
  ];
}
