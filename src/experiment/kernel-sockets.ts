/** The sockets of a host whose stack is its kernel: made by the lab process in the host's network namespace. */
import { closeSync } from 'node:fs';
import { addressText } from '../evidence/address.ts';
import type { HostAnswer } from '../evidence/timeline.ts';
import { addressBytes, internetChecksum } from '../plan/bytes.ts';
import type { SocketOptions } from '../plan/plan.ts';
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
import { networkPath } from '../testbed/places.ts';
import { type Recorder, until } from '../testbed/recorder.ts';
import type { Host, HostQuestion } from './host.ts';

interface Flow extends Pick<HostQuestion, 'kind' | 'destination' | 'port' | 'size'> {
  fd: number;
}

const IPPROTO_ICMP = 1;
const IPPROTO_ICMPV6 = 58;

/** A closed socket would answer the answer with an ICMP error: each stays open until the lab ends. */
export const kernelSockets = (node: string, recorder: Recorder): Pick<Host, 'ask' | 'askAgain'> => {
  const flows = new Map<string, Flow>();
  return {
    ask: async (question, beforeSent) => {
      const { flow, own, error } = openFlow(node, question);
      await beforeSent(own?.socketPort);
      if (!flow) return { ...own, error };
      flows.set(question.flow, flow);
      if (question.kind === 'tcp') return { ...own, error: await settled(recorder, question, flow) };
      return { ...own, error: sendOver(node, flow, question.data) };
    },
    askAgain: async (name, data) => {
      const flow = flows.get(name);
      if (!flow) return { error: 'no open flow' };
      const error = sendOver(node, flow, data);
      return { destination: flow.destination, ...localAddress(flow.fd), error };
    },
  };
};

/** What the kernel refuses it with. */
const sendOver = (node: string, flow: Flow, data: string): string | undefined => {
  try {
    inNetwork(networkPath(node), () => send(flow.fd, payload(flow, data)));
    return undefined;
  } catch (refused) {
    return codeOf(refused);
  }
};

const openFlow = (
  node: string,
  question: HostQuestion,
): { flow?: Flow; own?: LocalAddress; error?: string } => {
  const { kind, destination, port, size } = question;
  let fd: number | undefined;
  try {
    return inNetwork(networkPath(node), () => {
      fd = asUser(question.user, () => openSocket(kind, destination));
      applyOptions(fd, question, destination);
      connect(fd, inetAddress(addressBytes(destination), kind === 'ping' ? 0 : port));
      const own = localAddress(fd);
      return { flow: { kind, fd, destination, port, size }, own };
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
const settled = async (
  recorder: Recorder,
  { withinMs, data }: HostQuestion,
  flow: Flow,
): Promise<string | undefined> => {
  let error: string | undefined;
  await until(recorder, { ms: withinMs }, () => {
    error ??= pendingError(flow.fd);
    return error ?? (connected(flow.fd) ? 'connected' : undefined);
  });
  if (!error && connected(flow.fd)) send(flow.fd, payload(flow, data));
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

/** An ICMP echo request is written whole but for the ICMPv6 checksum, which the kernel adds. */
const payload = ({ kind, port, size, destination }: Flow, data: string): Buffer => {
  const text = Buffer.from(data);
  const filled = Buffer.concat([text, Buffer.alloc(Math.max(0, size - text.length))]);
  return kind === 'ping' ? echoRequest(destination.includes(':') ? 128 : 8, port, filled) : filled;
};

const echoRequest = (type: number, identifier: number, data: Buffer): Buffer => {
  const message = Buffer.concat([
    Buffer.from([type, 0, 0, 0, identifier >> 8, identifier & 255, 0, 1]),
    data,
  ]);
  if (type === 8) message.writeUInt16BE(internetChecksum(message), 2);
  return message;
};
