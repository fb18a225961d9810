/** Frames for a host that has another link-local address than its MAC address suggests (RFC 7217). Pure. */
import { addressBytes, internetChecksum } from '../plan/bytes.ts';

const DESTINATION = 14 + 24;
const MESSAGE = 14 + 40;
const CHECKSUM = MESSAGE + 2;

/**
 * An ICMPv6 frame for one IPv6 address as the same frame for another one; any other frame is left as it is. The
 * checksum is as right or as wrong as it was (RFC 1624 section 3).
 */
export const readdressed = (frame: Buffer, from: string, to: string): Buffer => {
  const [old, now] = [addressBytes(from), addressBytes(to)];
  const isForHost = frame.length > CHECKSUM && frame.subarray(DESTINATION, MESSAGE).equals(old);
  if (!isForHost) return frame;
  const checksum = frame.readUInt16BE(CHECKSUM);
  // ~(~HC + ~m + m'): the checksum function complements the sum of what it gets.
  const sum = [~checksum & 0xffff, internetChecksum(old), ~internetChecksum(now) & 0xffff];
  const words = Buffer.alloc(2 * sum.length);
  for (const [index, word] of sum.entries()) words.writeUInt16BE(word, 2 * index);
  const copy = Buffer.from(frame);
  copy.set(now, DESTINATION);
  copy.writeUInt16BE(internetChecksum(words), CHECKSUM);
  return copy;
};
