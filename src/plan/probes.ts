/** A probe of the lab → the question with its addresses, ports and nonce, and what answers it. */
import { askedBy } from '../clients/index.ts';
import type { Probe } from '../lab/schema.ts';
import { canonical, contains, type Family, familyOf, milliseconds, spread } from './addresses.ts';
import type { PlannedProbe, Question, Responder, SocketOptions, Timers } from './plan.ts';
import {
  addressOfNode,
  hostUnderTest,
  list,
  nodeNamed,
  type Topology,
  type TopologyNode,
} from './topology.ts';

/** Below the ephemeral ports, a port of its own for every probe. */
const FIRST_PORT = 20001;
const HTTP_PORT = 80;
const ANSWER_DEADLINE_MS: Record<Timers, number> = { fast: 500, real: 5000, virtual: 5000 };
const REPEAT_DEADLINE_MS: Record<Timers, number> = { fast: 30_000, real: 180_000, virtual: 180_000 };
/** A program ends by itself; reached only by one that waits for what never comes. */
const PROGRAM_DEADLINE_MS = 60_000;

export interface PlannedQuestion {
  probe: PlannedProbe;
  responders: Responder[];
}

type SocketProbe = Exclude<NonNullable<Probe['udp']>, string>;

export const planProbe = (
  name: string,
  probe: Probe,
  number: number,
  topology: Topology,
  timers: Timers,
): PlannedQuestion => {
  const { question, responders } = questionOf(probe, FIRST_PORT + number, topology);
  return {
    probe: {
      name,
      node: hostUnderTest(topology).name,
      question,
      nonce: `miflab:${name}`,
      until: probe.until,
      everyMs: milliseconds(probe.every ?? '100ms'),
      withinMs: probe.within ? milliseconds(probe.within) : defaultDeadline(probe, question, timers),
    },
    responders,
  };
};

const defaultDeadline = (probe: Probe, question: Question, timers: Timers): number => {
  if (probe.until) return REPEAT_DEADLINE_MS[timers];
  return 'command' in question ? PROGRAM_DEADLINE_MS : ANSWER_DEADLINE_MS[timers];
};

const questionOf = (
  probe: Probe,
  ownPort: number,
  topology: Topology,
): { question: Question; responders: Responder[] } => {
  const kind = (['udp', 'tcp', 'ping'] as const).find((candidate) => probe[candidate] !== undefined);
  if (kind) return socketQuestion(kind, probe, ownPort, topology);
  if (probe.again) return { question: { kind: 'again', probe: probe.again }, responders: [] };
  if (probe.query !== undefined) return { question: queryQuestion(probe.query, topology), responders: [] };
  if (probe.resolve !== undefined) {
    const { by, ...asked } = typeof probe.resolve === 'string' ? { name: probe.resolve } : probe.resolve;
    return { question: askedBy({ kind: 'resolve', ...asked }, by), responders: [] };
  }
  if (probe.reverse !== undefined) {
    const { address, by } = typeof probe.reverse === 'string' ? { address: probe.reverse } : probe.reverse;
    const question = askedBy({ kind: 'reverse', address: addressFor(address, undefined, topology) }, by);
    return { question, responders: [] };
  }
  if (probe.fetch !== undefined) return fetchQuestion(probe.fetch, topology);
  if (probe.ice !== undefined) return iceQuestion(probe.ice, topology);
  if (probe.inbound !== undefined) return inboundQuestion(probe.inbound, ownPort, topology);
  const command = probe.command!;
  const destinations = command.to ? addressesFor(command.to, topology) : [];
  return {
    question: { kind: 'command', command: command.run, destinations, port: command.port },
    responders: respondersFor('udp', destinations, command.port, topology),
  };
};

const socketQuestion = (kind: 'udp' | 'tcp' | 'ping', probe: Probe, ownPort: number, topology: Topology) => {
  const stated = probe[kind]!;
  const socket: SocketProbe = typeof stated === 'string' ? { to: stated } : stated;
  const destinations = probe.destinations
    ? spread(probe.destinations.prefix, probe.destinations.count)
    : [addressFor(socket.to, socket.family, topology)];
  const port = socket.port ?? ownPort;
  const question: Question = {
    kind,
    destinations,
    port,
    size: socket.size ?? 0,
    keepOpen: socket['keep-open'] ?? false,
    ...socketOptions(socket, familyOf(destinations[0]!), topology),
  };
  return { question, responders: kind === 'ping' ? [] : respondersFor(kind, destinations, port, topology) };
};

const socketOptions = (socket: SocketProbe, family: Family, topology: Topology): SocketOptions => {
  const bound = socket['bind-address'];
  const own = bound && hostUnderTest(topology).interfaces.find(({ name }) => name === bound);
  return {
    bindLink: socket['bind-link'],
    // The host's address on a link is known only once it has one: the experiment looks it up.
    bindAddress: own ? `${family}@${bound}` : bound && canonical(bound),
    mark: socket.mark,
    user: socket.user,
    hopLimit: socket['hop-limit'],
  };
};

/** IPv6 where the node has both, as RFC 6724 would. */
const addressFor = (nameOrAddress: string, family: Family | undefined, topology: Topology): string => {
  const node = nodeNamed(topology, nameOrAddress);
  if (!node) return canonical(nameOrAddress);
  const address = family
    ? addressOfNode(node, family)
    : (addressOfNode(node, 'ipv6') ?? addressOfNode(node, 'ipv4'));
  if (!address) throw new Error(`${nameOrAddress} has no ${family ?? ''} address`);
  return address;
};

const addressesFor = (nameOrAddress: string, topology: Topology): string[] => {
  const node = nodeNamed(topology, nameOrAddress);
  if (!node) return [canonical(nameOrAddress)];
  return (['ipv6', 'ipv4'] as const).flatMap((family) => list(addressOfNode(node, family)));
};

/** The node that answers for an address: its own, or one within a prefix that it serves. */
const ownerOf = (address: string, topology: Topology): TopologyNode | undefined =>
  topology.nodes.find(({ interfaces }) =>
    interfaces.some(({ addresses }) => addresses.some((a) => a.split('/')[0] === address)),
  ) ??
  topology.nodes.find(
    ({ lab }) => lab && 'server' in lab && (lab.prefixes ?? []).some((prefix) => contains(prefix, address)),
  );

/** A UDP socket on the wildcard address would answer from whatever the server's routes say: each address has its own. */
const respondersFor = (
  protocol: 'udp' | 'tcp' | 'stun',
  destinations: string[],
  port: number | undefined,
  topology: Topology,
): Responder[] =>
  port === undefined
    ? []
    : destinations.flatMap((address) => {
        const owner = ownerOf(address, topology);
        return owner && owner.role !== 'under-test' ? [{ node: owner.name, protocol, address, port }] : [];
      });

const queryQuestion = (query: NonNullable<Probe['query']>, topology: Topology): Question => {
  const { name, type = 'A', server } = typeof query === 'string' ? { name: query } : query;
  return askedBy({ kind: 'query', name, type, server: server && addressFor(server, undefined, topology) });
};

const fetchQuestion = (fetch: NonNullable<Probe['fetch']>, topology: Topology) => {
  const { url, 'bind-link': bindLink, by } = typeof fetch === 'string' ? { url: fetch } : fetch;
  const parsed = new URL(url);
  const node = nodeNamed(topology, parsed.hostname);
  if (node) {
    const address = addressFor(parsed.hostname, undefined, topology);
    parsed.hostname = address.includes(':') ? `[${address}]` : address;
  }
  const port = Number(parsed.port || HTTP_PORT);
  const literal = parsed.hostname.replace(/^\[|\]$/g, '');
  const destinations = node || /^[0-9.]+$|:/.test(literal) ? [canonical(literal)] : [];
  const servers = topology.nodes.filter(({ role }) => role === 'server' || role === 'router');
  const responders = servers.map(({ name }): Responder => ({ node: name, protocol: 'http', port }));
  const question = askedBy({ kind: 'fetch', url: parsed.href, bindLink, port, destinations }, by);
  return { question, responders };
};

/** ARP and neighbour solicitations go no further than a link: that of the address asked, or one that both are on. */
const resolvesOver = (
  { kind, from, to }: NonNullable<Probe['inbound']>,
  sender: TopologyNode,
  host: TopologyNode,
): string | undefined => {
  if (kind !== 'arp' && kind !== 'neighbour-solicitation') return undefined;
  const shared = host.interfaces
    .map(({ name }) => name)
    .filter((name) => sender.interfaces.some((own) => own.name === name));
  const link = shared.find((name) => name === to) ?? shared[0];
  if (!link) throw new Error(`${from} shares no link with ${host.name}, over which it could send ${kind}`);
  return link;
};

/** Well-known (RFC 8489 section 18.6). */
const STUN_PORT = 3478;

const iceQuestion = ({ stun, by }: NonNullable<Probe['ice']>, topology: Topology) => {
  const destinations = stun ? addressesFor(stun, topology) : [];
  return {
    question: askedBy({ kind: 'ice', destinations, port: STUN_PORT }, by),
    responders: respondersFor('stun', destinations, STUN_PORT, topology),
  };
};

const inboundQuestion = (inbound: NonNullable<Probe['inbound']>, ownPort: number, topology: Topology) => {
  const host = hostUnderTest(topology);
  const sender = nodeNamed(topology, inbound.from)!;
  const onLink = host.interfaces.find(({ name }) => name === inbound.to);
  const meant = inbound.family ?? (inbound.kind === 'arp' ? 'ipv4' : 'ipv6');
  const to = onLink ? `${meant}@${inbound.to}` : canonical(inbound.to);
  const family: Family = onLink ? meant : familyOf(to);
  const overLink = inbound.over ?? resolvesOver(inbound, sender, host);
  const over = overLink
    ? {
        interface: overLink,
        mac: host.interfaces.find(({ name }) => name === overLink)!.mac,
        sourceMac: sender.interfaces.find(({ name }) => name === overLink)!.mac,
      }
    : undefined;
  const source = inbound.source
    ? canonical(inbound.source)
    : (addressOfNode(sender, family, overLink) ?? addressOfNode(sender, family));
  if (!source) throw new Error(`${inbound.from} has no ${family} address`);
  const port = inbound.port ?? ownPort;
  const listens = inbound.kind === 'udp' || inbound.kind === 'tcp';
  return {
    question: { kind: 'inbound' as const, from: inbound.from, packet: inbound.kind, to, over, source, port },
    responders: listens ? [{ node: host.name, protocol: inbound.kind as 'udp' | 'tcp', port }] : [],
  };
};
