/** What answers probes: UDP and TCP echo, and HTTP, on sockets made in the network of their node. */
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { addressBytes } from '../plan/bytes.ts';
import type { Responder } from '../plan/plan.ts';
import {
  AF,
  bind,
  inetAddress,
  inNetwork,
  receiveFrom,
  SOCK,
  send,
  setFreeBind,
  setReuseAddress,
  socket,
  whenReadable,
} from '../sys/libc.ts';
import { networkPath } from './places.ts';
import type { Recorder } from './recorder.ts';
import { stunAnswer } from './stun.ts';

const MAX_DATAGRAM = 65_535;

export const startResponders = (responders: Responder[], recorder: Recorder): void => {
  const udp: { fd: number; answer: Answer }[] = [];
  const buffer = Buffer.alloc(MAX_DATAGRAM);
  const readAll = () => {
    for (const one of udp) answerAll(one.fd, one.answer, buffer);
  };
  recorder.drain.push(readAll);
  for (const responder of distinct(responders)) {
    const fd = inNetwork(networkPath(responder.node), () => boundSocket(responder));
    if (responder.protocol === 'udp' || responder.protocol === 'stun') {
      udp.push({ fd, answer: responder.protocol === 'stun' ? stunAnswer : (datagram) => datagram });
      whenReadable(fd, readAll);
    } else if (responder.protocol === 'tcp')
      createServer((peer) => peer.on('error', () => peer.destroy()).pipe(peer)).listen({ fd });
    else createHttpServer((_, response) => response.end(`${responder.node}\n`)).listen({ fd });
  }
};

/** From a datagram and its sender (a sockaddr) to what goes back; undefined: nothing. */
type Answer = (datagram: Uint8Array, from: Uint8Array) => Uint8Array | undefined;

const answerAll = (fd: number, answer: Answer, buffer: Buffer): void => {
  for (;;) {
    const datagram = receiveFrom(fd, buffer);
    if (!datagram) return;
    try {
      const back = answer(buffer.subarray(0, datagram.length), datagram.from);
      if (back) send(fd, back, datagram.from);
    } catch {
      // No way back to the sender: the wire shows the missing answer.
    }
  }
};

const distinct = (responders: Responder[]): Responder[] => [
  ...new Map(responders.map((responder) => [JSON.stringify(responder), responder])).values(),
];

const boundSocket = ({ protocol, address, port }: Responder): number => {
  const domain = address === undefined || address.includes(':') ? AF.INET6 : AF.INET;
  const fd = socket(domain, protocol === 'udp' || protocol === 'stun' ? SOCK.DGRAM : SOCK.STREAM);
  setReuseAddress(fd);
  setFreeBind(fd, domain);
  bind(fd, inetAddress(addressBytes(address ?? '::'), port));
  return fd;
};
