/**
 * The capture of every link, by packet sockets with a ring and no process: a packet is there 0.1 ms after it was sent
 * (dumpcap's block timeout made that 250 ms). In the fabric each frame comes in by the port of the node that sent it;
 * the links to the internet are heard at its end, both ways. What causes a packet is numbered before it, whichever
 * ring has it.
 */
import type { Port } from '../evidence/pcapng.ts';
import type { Plan } from '../plan/plan.ts';
import { inNetwork, type PacketRing, packetRing, packetStatistics, whenReadable } from '../sys/libc.ts';
import { FABRIC, networkPath } from './places.ts';
import type { Recorder } from './recorder.ts';

const FRAME_SIZE = 2048;
const FRAMES = 4096;

/** Offsets in struct tpacket2_hdr and the struct sockaddr_ll behind it (packet_mmap(7)). */
const HEADER = {
  status: 0,
  length: 4,
  captured: 8,
  mac: 12,
  seconds: 16,
  nanoseconds: 20,
  interface: 36,
  packetType: 42,
} as const;
const TP_STATUS_USER = 1;
const PACKET_OUTGOING = 4;

export interface Capture {
  /** A silenced node reaches no link: what it sends meanwhile is nobody's packet. */
  mute(node: string, muted: boolean): void;
  /** Reads what waits and says how much was missed. */
  finish(): void;
}

export const startCapture = (plan: Plan, recorder: Recorder): Capture => {
  const sources = [fabricSource(plan), ...internetSource(plan)];
  const muted = new Set<string>();
  let number = 0;
  const drain = () => {
    for (;;) {
      const source = earliest(sources);
      if (!source) return;
      const { sender, at, length, data } = take(source);
      if (sender && !muted.has(sender.node))
        recorder.record({ kind: 'packet', number: ++number, ...sender, length, data }, at - recorder.epochMs);
    }
  };
  for (const { ring } of sources) whenReadable(ring.fd, drain);
  recorder.drain.push(drain);
  return {
    mute: (node, silent) => {
      drain();
      if (silent) muted.add(node);
      else muted.delete(node);
    },
    finish: () => {
      drain();
      const dropped = sources.reduce((sum, { ring }) => sum + packetStatistics(ring.fd).dropped, 0);
      recorder.record({ kind: 'capture', seen: number, dropped });
    },
  };
};

/** A ring, the frame that is read next, and who sent what an interface took in (or sent itself). */
interface Source {
  ring: PacketRing;
  next: number;
  senderOf(index: number, isOutgoing: boolean): Port | undefined;
}

const fabricSource = ({ nodes }: Plan): Source => {
  const senders = new Map(
    nodes.flatMap(({ name: node, interfaces }) =>
      interfaces
        .filter(({ port }) => port.place === FABRIC)
        .map(({ port, link }) => [port.index, { link, node }]),
    ),
  );
  return {
    ring: inNetwork(networkPath(FABRIC), () => packetRing(FRAME_SIZE, FRAMES, 'incoming')),
    next: 0,
    senderOf: (index) => senders.get(index),
  };
};

const internetSource = ({ nodes }: Plan): Source[] =>
  nodes
    .filter(({ role, interfaces }) => role === 'internet' && interfaces.some(({ port }) => !port.bridge))
    .map(({ name, interfaces }) => {
      const links = new Map(
        interfaces
          .filter(({ port }) => !port.bridge)
          .map(({ index, link, port }) => [index, { link, other: port.place }]),
      );
      return {
        ring: inNetwork(networkPath(name), () => packetRing(FRAME_SIZE, FRAMES, 'both')),
        next: 0,
        senderOf: (index, isOutgoing) => {
          const found = links.get(index);
          return found && { link: found.link, node: isOutgoing ? name : found.other };
        },
      };
    });

/** A frame may have come into a source that was looked at before it: the second look sees what caused the frame. */
const earliest = (sources: Source[]): Source | undefined => {
  if (!sources.some(hasFrame)) return undefined;
  return sources.filter(hasFrame).reduce((first, other) => (timeOf(other) < timeOf(first) ? other : first));
};

const hasFrame = ({ ring, next }: Source): boolean =>
  (ring.bytes.readUInt32LE(next * ring.frameSize + HEADER.status) & TP_STATUS_USER) !== 0;

const timeOf = ({ ring: { bytes, frameSize }, next }: Source): number =>
  bytes.readUInt32LE(next * frameSize + HEADER.seconds) * 1e3 +
  bytes.readUInt32LE(next * frameSize + HEADER.nanoseconds) / 1e6;

/** The next frame, whose place goes back to the kernel. */
const take = (source: Source) => {
  const { ring, next, senderOf } = source;
  const offset = next * ring.frameSize;
  const start = offset + ring.bytes.readUInt16LE(offset + HEADER.mac);
  const frame = {
    sender: senderOf(
      ring.bytes.readInt32LE(offset + HEADER.interface),
      ring.bytes[offset + HEADER.packetType] === PACKET_OUTGOING,
    ),
    at: timeOf(source),
    length: ring.bytes.readUInt32LE(offset + HEADER.length),
    data: ring.bytes.toString('base64', start, start + ring.bytes.readUInt32LE(offset + HEADER.captured)),
  };
  ring.bytes.writeUInt32LE(0, offset + HEADER.status);
  source.next = (next + 1) % ring.frames;
  return frame;
};
