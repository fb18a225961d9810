/** What addresses and prefixes are well-formed, and how prefixes lie to each other. Pure. */
import { Address4, Address6 } from 'ip-address';

export type Family = 'ipv4' | 'ipv6';

export const familyOf = (addressOrPrefix: string): Family =>
  addressOrPrefix.includes(':') ? 'ipv6' : 'ipv4';

const parse = (text: string): Address4 | Address6 =>
  familyOf(text) === 'ipv6' ? new Address6(text) : new Address4(text);

/** An address, with or without a prefix length. */
export const isAddress = (text: string): boolean =>
  familyOf(text) === 'ipv6' ? Address6.isValid(text) : Address4.isValid(text);

/** A prefix with no bit set behind its length. */
export const isPrefix = (text: string): boolean => {
  if (!text.includes('/') || !isAddress(text)) return false;
  const prefix = parse(text);
  return prefix.startAddress().bigInt() === prefix.bigInt();
};

/** 2001:db8:a::5/64 → 2001:db8:a::/64 */
export const prefixOf = (addressWithLength: string): string => {
  const parsed = parse(addressWithLength);
  return `${parsed.startAddress().correctForm()}/${parsed.subnetMask}`;
};

/** Whether an address or a whole prefix lies within a prefix. */
export const contains = (prefix: string, addressOrPrefix: string): boolean =>
  familyOf(prefix) === familyOf(addressOrPrefix) && parse(addressOrPrefix).isInSubnet(parse(prefix));

/** The first and the last address of a prefix, as numbers. */
export const rangeOf = (prefix: string): [first: bigint, last: bigint] => {
  const parsed = parse(prefix);
  return [parsed.startAddress().bigInt(), parsed.endAddress().bigInt()];
};

/** The number of addresses in a prefix. */
export const sizeOf = (prefix: string): bigint => {
  const [first, last] = rangeOf(prefix);
  return last - first + 1n;
};

/** Negative where the first address comes before the second; both of one family. */
export const compareAddresses = (one: string, other: string): number => {
  const difference = parse(one).bigInt() - parse(other).bigInt();
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};
