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

/** Two prefixes overlap where one lies within the other. */
export const overlap = (one: string, other: string): boolean => contains(one, other) || contains(other, one);

/** The number of addresses in a prefix. */
export const sizeOf = (prefix: string): bigint =>
  1n << BigInt((familyOf(prefix) === 'ipv6' ? 128 : 32) - parse(prefix).subnetMask);

/** Negative where the first address comes before the second; both of one family. */
export const compareAddresses = (one: string, other: string): number => {
  const difference = parse(one).bigInt() - parse(other).bigInt();
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};
