/** Values as the bytes that stand in packets. Pure. */
import { Address6 } from 'ip-address';

/** An unsigned number in network order. Throws a RangeError that names the field where the value does not fit. */
export const uint = (field: string, size: 1 | 2 | 4, value: number): Buffer => {
  if (value < 0 || value >= 2 ** (8 * size)) {
    throw new RangeError(`${field}: ${value} does not fit into ${8 * size} bits`);
  }
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return bytes;
};

/** An IPv6 address, or that of a prefix with the bits behind its length as they are. */
export const addressBytes = (addressOrPrefix: string): Buffer =>
  Buffer.from(new Address6(addressOrPrefix).toUnsignedByteArray());

export const macBytes = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex');
