/** The scalar values of the lab language: names, durations, addresses, prefixes. */
import { z } from 'zod';
import { familyOf, isAddress, isPrefix } from '../addresses.ts';

export const describe = <T extends z.ZodType>(text: string, schema: T): T => schema.describe(text) as T;

/** A schema that the reference page and the JSON Schema call by its name. */
export const define = <T extends z.ZodType>(id: string, description: string, schema: T): T =>
  schema.meta({ id, description }) as T;

export const oneOrMany = <T extends z.ZodType>(item: T) => z.union([item, z.array(item)]);

const text = (pattern: RegExp, expected: string) =>
  z.string().regex(pattern, { error: `expected ${expected}`, abort: true });

/** A name of a network, node, probe or service: what reports, interfaces and captures show. */
export const Name = define(
  'Name',
  'A name: lower-case letters, digits and hyphens, beginning with a letter, at most 15 characters where it names a network (it becomes the interface name on every node)',
  text(
    /^[a-z][a-z0-9-]{0,30}$/,
    'a name: lower-case letters, digits and hyphens, beginning with a letter, at most 31',
  ),
);

export const Duration = define(
  'Duration',
  'A span of time with its unit: 200ms, 5s, 10min, 2h, 1d',
  text(/^\d+(\.\d+)?(ms|s|min|h|d)$/, 'a number with a unit: 200ms, 5s, 10min, 2h, 1d'),
);

export const Lifetime = define(
  'Lifetime',
  'A lifetime: a duration, or infinity',
  z.union([Duration, z.literal('infinity')]),
);

export const Mac = define(
  'Mac',
  'A MAC address: 02:00:00:00:00:01',
  text(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/, 'a MAC address in lower case: 02:00:00:00:00:01'),
);

const address = (expected: string, holds: (text: string) => boolean) =>
  text(/^[0-9a-fA-F:.]+$/, expected).refine(holds, { error: `expected ${expected}` });

const prefix = (expected: string, holds: (text: string) => boolean) =>
  text(/^[0-9a-fA-F:.]+\/\d{1,3}$/, expected).refine(holds, {
    error: `expected ${expected}, no bit set behind its length`,
  });

const isIpv4 = (text: string) => familyOf(text) === 'ipv4';
const isIpv6 = (text: string) => familyOf(text) === 'ipv6';

export const Address = define(
  'Address',
  'An IPv4 or IPv6 address',
  address('an IPv4 or IPv6 address', isAddress),
);
export const Ipv4Address = define(
  'Ipv4Address',
  'An IPv4 address',
  address('an IPv4 address: 10.0.1.10', (text) => isIpv4(text) && isAddress(text)),
);
export const Ipv6Address = define(
  'Ipv6Address',
  'An IPv6 address',
  address('an IPv6 address: 2001:db8:a::10', (text) => isIpv6(text) && isAddress(text)),
);

export const Prefix = define(
  'Prefix',
  'An IPv4 or IPv6 prefix: 2001:db8:a::/64',
  prefix('a prefix: 2001:db8:a::/64 or 10.0.1.0/24', isPrefix),
);
export const Ipv4Prefix = define(
  'Ipv4Prefix',
  'An IPv4 prefix: 10.0.1.0/24',
  prefix('an IPv4 prefix: 10.0.1.0/24', (text) => isIpv4(text) && isPrefix(text)),
);
export const Ipv6Prefix = define(
  'Ipv6Prefix',
  'An IPv6 prefix: 2001:db8:a::/64',
  prefix('an IPv6 prefix: 2001:db8:a::/64', (text) => isIpv6(text) && isPrefix(text)),
);

export const AddressWithLength = define(
  'AddressWithLength',
  'An address with its prefix length: 10.0.1.10/24',
  text(/^[0-9a-fA-F:.]+\/\d{1,3}$/, 'an address with its prefix length: 10.0.1.10/24').refine(isAddress, {
    error: 'expected an address with its prefix length: 10.0.1.10/24',
  }),
);

export const AddressFamily = define('AddressFamily', 'An address family', z.enum(['ipv4', 'ipv6']));

export const Preference = define(
  'Preference',
  'A router or route preference (RFC 4191 section 2.1)',
  z.enum(['low', 'medium', 'high']),
);
