/** Inbound probes: a packet that a node sends to an address of the host; the question is which way the answer takes. */
import { closeSync } from 'node:fs';
import { addressBytes } from '../plan/bytes.ts';
import type { PlannedProbe, Question } from '../plan/plan.ts';
import {
  AF,
  bind,
  connect,
  inetAddress,
  inNetwork,
  SOCK,
  SystemError,
  send,
  setReuseAddress,
  socket,
} from '../sys/libc.ts';
import type { RunningLab } from '../testbed/lab.ts';
import { networkPath } from '../testbed/places.ts';
import { datagramFrame } from './datagrams.ts';
import { hostAddress } from './host-address.ts';
import { sendFrame } from './send-frame.ts';

type InboundQuestion = Extract<Question, { kind: 'inbound' }>;

export const askInbound = async (
  lab: RunningLab,
  probe: PlannedProbe,
  question: InboundQuestion,
): Promise<void> => {
  const to = (await hostAddress(lab, probe.node, question.to))!;
  const data = Buffer.from(probe.nonce);
  const error = question.over ? sendOver(question, to, data) : sendRouted(question, to, data);
  const way = await lab.host.wayTo(question.source, { bindAddress: to });
  lab.recorder.record({
    kind: 'probe',
    probe: probe.name,
    what: 'answer',
    answer: {
      destination: to,
      error,
      route: way && !way.error ? { ...way, source: to } : undefined,
    },
  });
};

const sendOver = (question: InboundQuestion, to: string, data: Uint8Array): undefined => {
  const { interface: name, mac, sourceMac } = question.over!;
  const destinationMac = question.packet === 'arp' ? 'ff:ff:ff:ff:ff:ff' : mac;
  sendFrame(
    question.from,
    name,
    datagramFrame({
      packet: question.packet,
      sourceMac,
      destinationMac,
      source: question.source,
      destination: to,
      port: question.port,
      data,
    }),
  );
};

/** Routed as the node's own kernel does it, from a socket on the source address. */
const sendRouted = (question: InboundQuestion, to: string, data: Uint8Array): string | undefined => {
  const isIpv6 = to.includes(':');
  const domain = isIpv6 ? AF.INET6 : AF.INET;
  try {
    inNetwork(networkPath(question.from), () => {
      const ping = question.packet === 'ping';
      const fd = socket(
        domain,
        ping ? SOCK.RAW : question.packet === 'udp' ? SOCK.DGRAM : SOCK.STREAM,
        ping ? (isIpv6 ? 58 : 1) : 0,
      );
      setReuseAddress(fd);
      bind(fd, inetAddress(addressBytes(question.source), ping ? 0 : question.port));
      const address = inetAddress(addressBytes(to), ping ? 0 : question.port);
      const payload = ping
        ? datagramFrame({
            packet: 'ping',
            sourceMac: NO_MAC,
            destinationMac: NO_MAC,
            source: question.source,
            destination: to,
            port: question.port,
            data,
          }).subarray(14 + (isIpv6 ? 40 : 20))
        : data;
      // An embryonic connection needs its socket; it ends with the lab.
      if (question.packet === 'tcp') return connect(fd, address);
      send(fd, payload, address);
      closeSync(fd);
    });
    return undefined;
  } catch (error) {
    if (error instanceof SystemError) return error.code;
    throw error;
  }
};

const NO_MAC = '00:00:00:00:00:00';
