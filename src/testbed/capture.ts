/**
 * The capture of every link: one packet socket in the fabric, where each frame comes in by the port of the node
 * that sent it. One ring and one clock, so the order of packets on different links is known; no process, and a
 * packet is there 0.1 ms after it was sent (dumpcap's block timeout made that 250 ms).
 */
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
} as const;
const TP_STATUS_USER = 1;

export interface Capture {
  /** A silenced node reaches no link: what it sends meanwhile is nobody's packet. */
  mute(node: string, muted: boolean): void;
  /** Reads what waits and says how much was missed. */
  finish(): void;
}

export const startCapture = (plan: Plan, recorder: Recorder): Capture => {
  const ring = inNetwork(networkPath(FABRIC), () => packetRing(FRAME_SIZE, FRAMES));
  const ports = new Map(
    plan.nodes.flatMap((node) =>
      node.interfaces.map(({ port, link }) => [port.index, { link, node: node.name }]),
    ),
  );
  const muted = new Set<string>();
  let next = 0;
  let number = 0;
  const drain = () => {
    for (;;) {
      const offset = next * ring.frameSize;
      if (!(ring.bytes.readUInt32LE(offset + HEADER.status) & TP_STATUS_USER)) return;
      const port = ports.get(ring.bytes.readInt32LE(offset + HEADER.interface));
      if (port && !muted.has(port.node)) {
        const { at, length, data } = frameAt(ring, offset);
        recorder.record({ kind: 'packet', number: ++number, ...port, length, data }, at - recorder.epochMs);
      }
      ring.bytes.writeUInt32LE(0, offset + HEADER.status);
      next = (next + 1) % ring.frames;
    }
  };
  whenReadable(ring.fd, drain);
  recorder.drain.push(drain);
  return {
    mute: (node, silent) => {
      drain();
      if (silent) muted.add(node);
      else muted.delete(node);
    },
    finish: () => {
      drain();
      const { dropped } = packetStatistics(ring.fd);
      recorder.record({ kind: 'capture', seen: number, dropped });
    },
  };
};

const frameAt = ({ bytes }: PacketRing, offset: number) => {
  const start = offset + bytes.readUInt16LE(offset + HEADER.mac);
  return {
    at:
      bytes.readUInt32LE(offset + HEADER.seconds) * 1e3 +
      bytes.readUInt32LE(offset + HEADER.nanoseconds) / 1e6,
    length: bytes.readUInt32LE(offset + HEADER.length),
    data: bytes.toString('base64', start, start + bytes.readUInt32LE(offset + HEADER.captured)),
  };
};
