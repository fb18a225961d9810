/** UDP, TCP and ICMP echo probes: sockets of the host's own kernel, with the options that the probe names. */
import { closeSync } from 'node:fs';
import { addressText } from '../evidence/address.ts';
import type { HostAnswer } from '../evidence/timeline.ts';
import { addressBytes, internetChecksum } from '../plan/bytes.ts';
import type { PlannedProbe, Question, SocketOptions } from '../plan/plan.ts';
import {
  AF,
  asUser,
  bind,
  bindToDevice,
  connect,
  inetAddress,
  inNetwork,
  pendingError,
  SOCK,
  SystemError,
  send,
  setHopLimit,
  setMark,
  socket,
  socketAddress,
} from '../sys/libc.ts';
import type { RunningLab } from '../testbed/lab.ts';
import { networkPath } from '../testbed/places.ts';
import { until } from '../testbed/recorder.ts';
import { hostAddress } from './host-address.ts';
import { routeGet } from './route-get.ts';

type SocketQuestion = Extract<Question, { kind: 'udp' | 'tcp' | 'ping' }>;

export interface Flow {
  kind: 'udp' | 'tcp' | 'ping';
  fd: number;
  destination: string;
  port: number;
  /** Bytes of payload, the nonce included. */
  size: number;
}

const IPPROTO_ICMP = 1;
const IPPROTO_ICMPV6 = 58;

/** The kernel's own route look-up is asked for one destination, not for each of a distribution. */
export const askSocket = async (
  lab: RunningLab,
  probe: PlannedProbe,
  question: SocketQuestion,
  flows: Map<string, Flow>,
): Promise<void> => {
  const options = { ...question, bindAddress: await hostAddress(lab, probe.node, question.bindAddress) };
  for (const destination of question.destinations) {
    const { flow, own, error } = openAndAsk(probe, { ...options, destinations: [destination] });
    const late = flow && question.kind === 'tcp' && !error ? await settled(lab, probe, flow) : undefined;
    // A closed socket would answer the answer with an ICMP error: each stays open until the lab ends.
    if (flow) flows.set(probe.name, flow);
    const route =
      question.destinations.length === 1 ? await routeGet(probe.node, destination, options) : undefined;
    lab.recorder.record({
      kind: 'probe',
      probe: probe.name,
      what: 'answer',
      answer: { destination, ...own, route, error: error ?? late },
    });
  }
};

/** Asks the open flow again: more data on the same socket. */
export const askAgain = async (
  lab: RunningLab,
  probe: PlannedProbe,
  flow: Flow | undefined,
): Promise<void> => {
  if (!flow) {
    lab.recorder.record({
      kind: 'probe',
      probe: probe.name,
      what: 'answer',
      answer: { error: 'no open flow' },
    });
    return;
  }
  let error: string | undefined;
  try {
    inNetwork(networkPath(probe.node), () => send(flow.fd, payload(flow, probe.nonce)));
  } catch (refused) {
    error = codeOf(refused);
  }
  lab.recorder.record({
    kind: 'probe',
    probe: probe.name,
    what: 'answer',
    answer: { destination: flow.destination, ...localAddress(flow.fd), error },
  });
};

const openAndAsk = (
  probe: PlannedProbe,
  question: SocketQuestion,
): { flow?: Flow; own?: LocalAddress; error?: string } => {
  const destination = question.destinations[0]!;
  let fd: number | undefined;
  try {
    return inNetwork(networkPath(probe.node), () => {
      fd = asUser(question.user, () => openSocket(question.kind, destination));
      applyOptions(fd, question, destination);
      connect(fd, inetAddress(addressBytes(destination), question.kind === 'ping' ? 0 : question.port));
      const own = localAddress(fd);
      const { kind, port, size } = question;
      const flow = { kind, fd, destination, port, size };
      if (kind !== 'tcp') send(fd, payload(flow, probe.nonce));
      return { flow, own };
    });
  } catch (refused) {
    const own = fd === undefined ? undefined : localAddress(fd);
    if (fd !== undefined) closeSync(fd);
    return { error: codeOf(refused), own };
  }
};

const codeOf = (error: unknown): string => {
  if (error instanceof SystemError) return error.code;
  throw error;
};

const openSocket = (kind: 'udp' | 'tcp' | 'ping', destination: string): number => {
  const isIpv6 = destination.includes(':');
  const domain = isIpv6 ? AF.INET6 : AF.INET;
  if (kind === 'udp') return socket(domain, SOCK.DGRAM);
  if (kind === 'tcp') return socket(domain, SOCK.STREAM);
  return socket(domain, SOCK.RAW, isIpv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
};

const applyOptions = (fd: number, options: SocketOptions, destination: string): void => {
  if (options.mark !== undefined) setMark(fd, options.mark);
  if (options.bindLink) bindToDevice(fd, options.bindLink);
  if (options.hopLimit) setHopLimit(fd, destination.includes(':') ? AF.INET6 : AF.INET, options.hopLimit);
  if (options.bindAddress) bind(fd, inetAddress(addressBytes(options.bindAddress), 0));
};

type LocalAddress = Pick<HostAnswer, 'socketAddress' | 'socketPort'>;

/** getsockname; a raw socket has no port. */
const localAddress = (fd: number): LocalAddress => {
  const address = socketAddress(fd);
  const family = address[0]! | (address[1]! << 8);
  const port = (address[2]! << 8) | address[3]!;
  const text =
    family === AF.INET6 ? address.subarray(8, 24) : family === AF.INET ? address.subarray(4, 8) : undefined;
  return text ? { socketAddress: addressText(text), ...(port > 0 && { socketPort: port }) } : {};
};

/** An unanswered connect says so only when the kernel gives up; what it says by the probe's deadline counts. */
const settled = async (lab: RunningLab, probe: PlannedProbe, flow: Flow): Promise<string | undefined> => {
  let error: string | undefined;
  await until(lab.recorder, { ms: probe.withinMs }, () => {
    error ??= pendingError(flow.fd);
    return error ?? (connected(flow.fd) ? 'connected' : undefined);
  });
  if (!error && connected(flow.fd)) send(flow.fd, payload(flow, probe.nonce));
  return error;
};

const connected = (fd: number): boolean => {
  try {
    send(fd, Buffer.alloc(0));
    return true;
  } catch {
    return false;
  }
};

/** The nonce leads; an ICMP echo request is written whole but for the ICMPv6 checksum, which the kernel adds. */
const payload = ({ kind, port, size, destination }: Flow, nonce: string): Buffer => {
  const text = Buffer.from(nonce);
  const data = Buffer.concat([text, Buffer.alloc(Math.max(0, size - text.length))]);
  return kind === 'ping' ? echoRequest(destination.includes(':') ? 128 : 8, port, data) : data;
};

const echoRequest = (type: number, identifier: number, data: Buffer): Buffer => {
  const message = Buffer.concat([
    Buffer.from([type, 0, 0, 0, identifier >> 8, identifier & 255, 0, 1]),
    data,
  ]);
  if (type === 8) message.writeUInt16BE(internetChecksum(message), 2);
  return message;
};
