import type { HostAnswer } from '../evidence/timeline.ts';
import type { SocketOptions } from '../plan/plan.ts';
import type { Finished } from '../sys/program.ts';
import type { WayQuestion } from './host.ts';

type Way = NonNullable<HostAnswer['route']>;
/** Runs a program on the host. */
type Run = (command: string[]) => Promise<Finished>;

/**
 * `ip -json route get` for what the probe asks, with its source, mark, link and user, protocol and ports: among
 * several next hops of one route the kernel chooses by a hash of them. Without the protocol the answer was that of an
 * IPv6 socket in 17 of 40 cases, with it in all. IPv4's connect looks again once it has a source, and so does what
 * is sent over a raw socket: so is it asked here (24 of 40 without, 40 with; Linux 6.18, test/experiment/ways.test.ts).
 */
export const routeGet = async (run: Run, destination: string, question: WayQuestion): Promise<Way> => {
  const { bindAddress, flow } = question;
  const way = await ask(run, destination, question, bindAddress);
  // Asked with a source, the kernel names the one it would have chosen: no answer to this probe.
  if (bindAddress) return { ...way, source: undefined };
  const looksAgain = flow !== undefined && (flow.kind === 'ping' || !destination.includes(':'));
  if (!looksAgain || way.source === undefined) return way;
  return { ...(await ask(run, destination, question, way.source)), source: way.source };
};

const ask = async (
  run: Run,
  destination: string,
  question: WayQuestion,
  source: string | undefined,
): Promise<Way> => {
  const { code, output, errors } = await run([
    'ip',
    '-json',
    'route',
    'get',
    destination,
    ...(source ? ['from', source] : []),
    ...socketArguments(question),
    ...flowArguments(question.flow, destination),
  ]);
  if (code !== 0) return { error: errors.trim().replace(/^RTNETLINK answers: /, '') };
  const [route] = JSON.parse(output) as {
    dev?: string;
    gateway?: string;
    prefsrc?: string;
    via?: { host: string };
  }[];
  return { interface: route?.dev, via: route?.gateway ?? route?.via?.host, source: route?.prefsrc };
};

const socketArguments = ({ bindLink, mark, user }: SocketOptions): string[] => [
  ...(bindLink ? ['oif', bindLink] : []),
  ...(mark === undefined ? [] : ['mark', String(mark)]),
  ...(user === undefined ? [] : ['uid', String(user)]),
];

/** Numbers: ip looks names up in /etc/protocols, which a machine need not have. */
const PROTOCOLS = { udp: 17, tcp: 6, ping: 1, ping6: 58 };

const flowArguments = (flow: WayQuestion['flow'], destination: string): string[] => {
  if (!flow) return [];
  const { kind, port, socketPort } = flow;
  const protocol = String(PROTOCOLS[kind === 'ping' && destination.includes(':') ? 'ping6' : kind]);
  if (kind === 'ping') return ['ipproto', protocol];
  return ['ipproto', protocol, ...(socketPort ? ['sport', String(socketPort)] : []), 'dport', String(port)];
};
