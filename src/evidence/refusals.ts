/** ICMP errors in words. Pure. */
import type { Headers } from './headers.ts';

/** Codes of ICMPv6 type 1 (RFC 4443 section 3.1). */
const UNREACHABLE_V6 = [
  'no route',
  'administratively prohibited',
  'beyond scope',
  'address unreachable',
  'port unreachable',
  'source failed policy',
  'reject route',
];

/** Codes of ICMP type 3 (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1). */
const UNREACHABLE_V4 = [
  'network unreachable',
  'host unreachable',
  'protocol unreachable',
  'port unreachable',
  'fragmentation needed',
  'source route failed',
  'network unknown',
  'host unknown',
  'source host isolated',
  'network prohibited',
  'host prohibited',
  'network unreachable for this service',
  'host unreachable for this service',
  'administratively prohibited',
];

/** 'icmp no route', 'icmp packet too big, MTU 1280'. */
export const refusalText = ({ icmp, ip }: Headers): string => {
  if (!icmp) return 'icmp';
  const { type, code, mtu } = icmp;
  const words = ip?.version === 6 ? wordsOfIcmpv6(type, code) : wordsOfIcmp(type, code);
  return `icmp ${words ?? `type ${type} code ${code}`}${mtu === undefined ? '' : `, MTU ${mtu}`}`;
};

const wordsOfIcmpv6 = (type: number, code: number): string | undefined => {
  if (type === 1) return UNREACHABLE_V6[code];
  return { 2: 'packet too big', 3: 'time exceeded', 4: 'parameter problem' }[type];
};

const wordsOfIcmp = (type: number, code: number): string | undefined => {
  if (type === 3) return UNREACHABLE_V4[code];
  return { 4: 'source quench', 11: 'time exceeded', 12: 'parameter problem' }[type];
};
