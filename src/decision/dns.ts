import { type DnsMessage, readDns, readDnsOverTcp } from '../evidence/dns.ts';
import type { Decision, ServerAsked } from './decision.ts';
import { type Asked, during, type IpPacket, isIp } from './packets.ts';
import { linksOf, nodeByAddress } from './places.ts';
import { wayOf } from './way.ts';

type Query = IpPacket & { dns: DnsMessage };

const DNS_PORT = 53;

/** The servers that the host asked for a name, also under its search lists, and what it made of their answers. */
export const decideNames = (asked: Asked, name: string): Decision => {
  const { probe, answers } = asked;
  const messages = dnsMessages(asked);
  const queries = messages.filter(
    (one) => one.node === probe.node && !one.dns.response && isUnder(one.dns.name, name),
  );
  const servers = serversOf(asked, queries, messages);
  const order = answers.find(({ addresses }) => addresses?.length)?.addresses;
  const names = answers.find((answer) => answer.names?.length)?.names;
  const error = answers.find((answer) => answer.error)?.error;
  const silent = queries.length === 0 && !error && !order && !names;
  return {
    probe: probe.name,
    sent: queries.length > 0,
    ...(queries[0] && { ...wayOf(asked.plan, queries[0]), destination: queries[0].headers.ip.destination }),
    answered: servers.some(({ answered }) => answered),
    ...(order && { order }),
    ...(names && { names }),
    ...(error && { error }),
    servers,
    ...fallbackOf(servers),
    packets: firstOfEach(queries).map(({ number }) => number),
    contradictions: [],
    ...(silent && { unclear: `no query for ${name} left the host, and nothing shows why` }),
  };
};

const isUnder = (queried: string, name: string): boolean => {
  const wanted = name.toLowerCase().replace(/\.$/, '');
  return queried === wanted || queried.startsWith(`${wanted}.`);
};

const dnsMessages = (asked: Asked): Query[] => {
  const links = linksOf(asked.plan, asked.probe.node);
  return asked.packets
    .filter(isIp)
    .filter(during(asked))
    .flatMap((packet) => {
      const { udp, tcp, payload } = packet.headers;
      const ports = udp ?? tcp;
      if (!links.has(packet.link) || (ports?.destinationPort !== DNS_PORT && ports?.sourcePort !== DNS_PORT))
        return [];
      const dns = tcp ? readDnsOverTcp(payload) : readDns(payload);
      return dns ? [{ ...packet, dns }] : [];
    });
};

/** When the second server was first asked. */
const fallbackOf = ([, next]: ServerAsked[]): Pick<Decision, 'fallbackMs'> =>
  next ? { fallbackMs: next.queries[0]!.afterMs } : {};

const keyOf = ({ link, headers: { ip, ethernet } }: Query): string =>
  `${ip.destination} ${link} ${ethernet.destination}`;

const firstOfEach = (queries: Query[]): Query[] =>
  queries.filter((one, index) => queries.findIndex((other) => keyOf(other) === keyOf(one)) === index);

const serversOf = (asked: Asked, queries: Query[], messages: Query[]): ServerAsked[] =>
  firstOfEach(queries).map((first) => {
    const same = queries.filter((one) => keyOf(one) === keyOf(first));
    const { ip } = first.headers;
    return {
      server: serverNode(asked, first),
      address: ip.destination,
      link: first.link,
      source: ip.source,
      queries: same.map(({ at, dns, headers }) => ({
        name: dns.name,
        type: dns.type,
        transport: headers.tcp ? 'tcp' : 'udp',
        afterMs: at - queries[0]!.at,
      })),
      answered: messages.some(
        (message) =>
          message.dns.response &&
          message.link === first.link &&
          same.some((query) => isAnswer(query, message)),
      ),
    };
  });

const isAnswer = (query: Query, { dns, headers }: Query): boolean =>
  dns.id === query.dns.id &&
  headers.ip.source === query.headers.ip.destination &&
  headers.ip.destination === query.headers.ip.source;

/** Two links may have servers of the same address: the node to which this very query came, else the address's owner. */
const serverNode = ({ plan, packets }: Asked, query: Query): string => {
  const { router } = wayOf(plan, query);
  const { destination } = query.headers.ip;
  const responder = packets
    .filter(isIp)
    .find(
      ({ at, headers }) =>
        at >= query.at &&
        headers.ip.source === destination &&
        (headers.udp ?? headers.tcp)?.sourcePort === DNS_PORT &&
        readDns(headers.payload)?.id === query.dns.id,
    );
  if (router === 'on-link')
    return nodeByAddress(plan, destination, query.link)?.name ?? responder?.node ?? destination;
  return responder?.node ?? nodeByAddress(plan, destination)?.name ?? destination;
};
