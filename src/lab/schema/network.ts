/** Networks: the layer-2 links of a lab. */
import { z } from 'zod';
import { Duration, define, describe, Ipv4Prefix, Ipv6Prefix, oneOrMany } from './values.ts';

export const Impairment = define(
  'Impairment',
  'What a link does to packets',
  z.strictObject({
    loss: describe('Share of packets lost, in percent', z.number().min(0).max(100)).optional(),
    rate: describe(
      'Rate limit: 1mbit, 64kbit',
      z.string().regex(/^\d+(k|m|g)bit$/, 'expected a rate: 64kbit, 1mbit'),
    ).optional(),
    delay: describe('Delay added to every packet; needs a kernel with netem', Duration).optional(),
  }),
);

export const Network = define(
  'Network',
  'A layer-2 link: a wifi, an LTE, an office LAN, a VPN',
  z.strictObject({
    ipv4: describe('IPv4 prefix or prefixes of this link', oneOrMany(Ipv4Prefix)).optional(),
    ipv6: describe(
      'IPv6 prefix or prefixes of this link; []: link-local only',
      oneOrMany(Ipv6Prefix),
    ).optional(),
    mtu: describe('MTU of the link in bytes (default 1500)', z.int().min(68).max(65535)).optional(),
    overlap: describe(
      'The prefixes may overlap those of another network, on purpose',
      z.boolean(),
    ).optional(),
    impair: describe('Loss, rate and delay of this link', Impairment).optional(),
  }),
);

export type Network = z.infer<typeof Network>;
export type Impairment = z.infer<typeof Impairment>;
