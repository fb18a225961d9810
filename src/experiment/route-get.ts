import { type LinkNames, readWay } from '../evidence/netlink.ts';
import { encodeRequests, messagesOf, readRefusal } from '../evidence/netlink-messages.ts';
import type { HostAnswer } from '../evidence/timeline.ts';
import { errnoName } from '../sys/libc.ts';
import type { WayQuestion } from './host.ts';
import { wayRequest } from './way-request.ts';

type Way = NonNullable<HostAnswer['route']>;

/** A kernel that is asked by rtnetlink. */
export interface AskedKernel {
  /** What it answers to one request. */
  answer(request: Uint8Array): Promise<Uint8Array>;
  /** Indexes of its links to their names. */
  links: LinkNames;
}

/**
 * What `ip route get` says for what the probe asks, with its source, mark, link and user, protocol and ports: among
 * several next hops of one route the kernel chooses by a hash of them. Without the protocol the answer was that of an
 * IPv6 socket in 17 of 40 cases, with it in all. IPv4's connect looks again once it has a source, and so does what
 * is sent over a raw socket: so is it asked here (24 of 40 without, 40 with; Linux 6.18, test/experiment/ways.test.ts).
 *
 * Asked by rtnetlink, not by ip(8): on a busy machine its start took up to half a second after the packet, and by then
 * a neighbour had gone stale and the kernel named the other router.
 */
export const routeGet = async (
  kernel: AskedKernel,
  destination: string,
  question: WayQuestion,
): Promise<Way> => {
  const { bindAddress, flow } = question;
  const way = await ask(kernel, destination, question, bindAddress);
  // Asked with a source, the kernel names the one it would have chosen: no answer to this probe.
  if (bindAddress) return { ...way, source: undefined };
  const looksAgain = flow !== undefined && (flow.kind === 'ping' || !destination.includes(':'));
  if (!looksAgain || way.source === undefined) return way;
  return { ...(await ask(kernel, destination, question, way.source)), source: way.source };
};

const ask = async (
  { answer, links }: AskedKernel,
  destination: string,
  question: WayQuestion,
  source: string | undefined,
): Promise<Way> => {
  const { bindLink } = question;
  const link = bindLink === undefined ? undefined : indexOf(bindLink, links);
  const said = await answer(encodeRequests([wayRequest(destination, question, { source, link })]));
  return readWay(said, links) ?? { error: refusalIn(said) };
};

/** Where there is none of that name, the kernel refuses the index 0xffffffff. */
const indexOf = (name: string, links: AskedKernel['links']): number =>
  [...links].find(([, one]) => one === name)?.[0] ?? 0xffff_ffff;

const refusalIn = (said: Uint8Array): string => {
  const refusal = messagesOf(said).map(readRefusal).find(Boolean);
  return refusal ? errnoName(refusal.errno) : 'no answer';
};
