/** Arithmetic on addresses: canonical forms, prefixes, the addresses that a plan gives out. Pure. */
import { Address4, Address6 } from 'ip-address';

export type Family = 'ipv4' | 'ipv6';

export const familyOf = (addressOrPrefix: string): Family =>
  addressOrPrefix.includes(':') ? 'ipv6' : 'ipv4';

const parse = (text: string): Address4 | Address6 =>
  familyOf(text) === 'ipv6' ? new Address6(text) : new Address4(text);

/** The address without a length, in the form of RFC 5952. */
export const canonical = (address: string): string => parse(address).correctForm();

/** 2001:DB8::0/64 → 2001:db8::/64 with the host bits cleared. */
export const canonicalPrefix = (prefix: string): string => {
  const parsed = parse(prefix);
  return `${parsed.startAddress().correctForm()}/${parsed.subnetMask}`;
};

export const prefixLength = (prefix: string): number => parse(prefix).subnetMask;

export const contains = (prefix: string, address: string): boolean =>
  familyOf(prefix) === familyOf(address) && parse(address.split('/')[0]!).isInSubnet(parse(prefix));

/** Whether an address lies between two of its family, those included. */
export const isBetween = (address: string, first: string, last: string): boolean => {
  if (familyOf(address) !== familyOf(first)) return false;
  const [low, number, high] = [first, address, last].map((one) => parse(one).bigInt());
  return low! <= number! && number! <= high!;
};

/** The nth address of a prefix: nth('10.0.1.0/24', 1) is 10.0.1.1. */
export const nth = (prefix: string, n: number): string => {
  const start = parse(prefix).startAddress().bigInt() + BigInt(n);
  return familyOf(prefix) === 'ipv6'
    ? Address6.fromBigInt(start).correctForm()
    : Address4.fromBigInt(start).correctForm();
};

/** Addresses spread evenly over a prefix, none of them its first: destinations of a distribution. */
export const spread = (prefix: string, count: number): string[] => {
  const bits = (familyOf(prefix) === 'ipv6' ? 128 : 32) - prefixLength(prefix);
  const step = (1n << BigInt(bits)) / BigInt(count + 1);
  const start = parse(prefix).startAddress().bigInt();
  return Array.from({ length: count }, (_, i) => start + step * BigInt(i + 1)).map((value) =>
    familyOf(prefix) === 'ipv6'
      ? Address6.fromBigInt(value).correctForm()
      : Address4.fromBigInt(value).correctForm(),
  );
};

/** Modified EUI-64 interface identifier within fe80::/64 (RFC 4291 appendix A). */
export const linkLocalOf = (mac: string): string => {
  const [a, b, c, d, e, f] = mac.split(':').map((byte) => Number.parseInt(byte, 16));
  const hex = (high: number, low: number) => ((high << 8) | low).toString(16);
  return canonical(`fe80::${hex(a! ^ 2, b!)}:${hex(c!, 0xff)}:${hex(0xfe, d!)}:${hex(e!, f!)}`);
};

/** Milliseconds of a duration of the lab language: '5s' → 5000. */
export const milliseconds = (duration: string): number => {
  const [, number, unit] = /^([\d.]+)(ms|s|min|h|d)$/.exec(duration)!;
  return (
    Number(number) * { ms: 1, s: 1e3, min: 6e4, h: 36e5, d: 864e5 }[unit as 'ms' | 's' | 'min' | 'h' | 'd']
  );
};
