/** Values as the bytes that stand in packets. Pure. */
import { Address4, Address6 } from 'ip-address';

/** An unsigned number in network order. Throws a RangeError that names the field where the value does not fit. */
export const uint = (field: string, size: 1 | 2 | 4, value: number): Buffer => {
  if (value < 0 || value >= 2 ** (8 * size)) {
    throw new RangeError(`${field}: ${value} does not fit into ${8 * size} bits`);
  }
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return bytes;
};

/** An address, or that of a prefix with the bits behind its length as they are: 4 or 16 bytes. */
export const addressBytes = (addressOrPrefix: string): Buffer =>
  addressOrPrefix.includes(':')
    ? Buffer.from(new Address6(addressOrPrefix).toUnsignedByteArray())
    : Buffer.from(new Address4(addressOrPrefix).toArray());

export const macBytes = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex');

/** The Internet checksum of RFC 1071; an odd last byte counts as if a zero followed. */
export const internetChecksum = (bytes: Uint8Array): number => {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at]! << 8) + (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
};
