/** Packets that a node sends as written, reserved and malformed fields too. */
import { z } from 'zod';
import { exactlyOneOf } from './exactly-one.ts';
import { naming } from './names.ts';
import { Address, Duration, define, describe, Lifetime, Prefix } from './values.ts';

const Byte = z.int().min(0).max(255);

/** With the value 10 of the two bits. */
const AnyPreference = describe(
  'A preference; reserved is the value 10 (RFC 4191 section 2.2)',
  z.enum(['low', 'medium', 'high', 'reserved']),
);

const everyPacket = {
  'ethernet-source': describe('Ethernet source (default: the sender)', z.string()).optional(),
  'ethernet-destination': describe(
    'Ethernet destination (default: the group or the host)',
    z.string(),
  ).optional(),
  source: describe(
    'IPv6 source; a node means its link-local address (default: the sender)',
    naming('node', 'address'),
  ).optional(),
  destination: describe(
    'Destination (default ff02::1 for an RA, else the host)',
    naming('node', 'address'),
  ).optional(),
  'ip-hop-limit': describe('Hop limit of the IPv6 header (default 255)', Byte).optional(),
  checksum: describe('A wrong checksum on purpose', z.int().min(0).max(65535)).optional(),
  code: describe('ICMPv6 code (default 0)', Byte).optional(),
  options: describe(
    'More options as hex bytes, malformed ones too: ["0101..."]',
    z.array(z.string().regex(/^([0-9a-f]{2})*$/, 'expected hex bytes')),
  ).optional(),
};

const TargetLinkLayer = describe(
  'Target link-layer address option: a MAC address, or false for none (default: the sender)',
  z.union([z.string(), z.literal(false)]),
);

export const RouterAdvertisementPacket = define(
  'RouterAdvertisementPacket',
  'A router advertisement (RFC 4861 section 4.2)',
  z.strictObject({
    ...everyPacket,
    'hop-limit': describe('Cur Hop Limit', Byte).optional(),
    flags: describe('The whole flags byte: M 0x80, O 0x40, H 0x20, Prf 0x18, reserved 0x07', Byte).optional(),
    managed: describe('The M flag', z.boolean()).optional(),
    'other-config': describe('The O flag', z.boolean()).optional(),
    preference: AnyPreference.optional(),
    lifetime: describe('Router lifetime', Duration).optional(),
    'reachable-time': describe('Reachable Time', Duration).optional(),
    'retrans-timer': describe('Retrans Timer', Duration).optional(),
    'source-link-layer': describe('Source link-layer address option (default true)', z.boolean()).optional(),
    mtu: describe('The MTU option', z.int()).optional(),
    prefixes: describe(
      'Prefix Information options',
      z.array(
        z.strictObject({
          prefix: Prefix,
          'on-link': z.boolean().optional(),
          autonomous: z.boolean().optional(),
          'valid-lifetime': Lifetime.optional(),
          'preferred-lifetime': Lifetime.optional(),
        }),
      ),
    ).optional(),
    routes: describe(
      'Route Information options',
      z.array(
        z.strictObject({
          prefix: Prefix,
          preference: AnyPreference.optional(),
          lifetime: Lifetime.optional(),
        }),
      ),
    ).optional(),
    rdnss: describe(
      'The RDNSS option',
      z.strictObject({ servers: z.array(Address), lifetime: Lifetime.optional() }),
    ).optional(),
  }),
);

export const NeighbourAdvertisementPacket = define(
  'NeighbourAdvertisementPacket',
  'A neighbour advertisement (RFC 4861 section 4.4)',
  z.strictObject({
    ...everyPacket,
    target: describe('Target; a node means its link-local address', naming('node', 'address')),
    router: describe('The R flag', z.boolean()).optional(),
    solicited: describe('The S flag', z.boolean()).optional(),
    override: describe('The O flag', z.boolean()).optional(),
    'target-link-layer': TargetLinkLayer.optional(),
  }),
);

export const NeighbourSolicitationPacket = define(
  'NeighbourSolicitationPacket',
  'A neighbour solicitation (RFC 4861 section 4.3)',
  z.strictObject({
    ...everyPacket,
    target: describe('Target; a node means its link-local address', naming('node', 'address')),
    'source-link-layer': describe('Source link-layer address option (default true)', z.boolean()).optional(),
  }),
);

export const RedirectPacket = define(
  'RedirectPacket',
  'A redirect (RFC 4861 section 4.5)',
  z.strictObject({
    ...everyPacket,
    target: describe('The better first hop; a node means its link-local address', naming('node', 'address')),
    'redirected-destination': describe('The destination redirected', naming('node', 'address')),
    'target-link-layer': TargetLinkLayer.optional(),
  }),
);

/** The keys of which a packet has exactly one. */
const packetKinds = [
  'router-advertisement',
  'neighbour-advertisement',
  'neighbour-solicitation',
  'redirect',
  'hex',
] as const;

export const Packet = define(
  'Packet',
  'A packet that a node sends as written: exactly one kind',
  exactlyOneOf(
    'a packet',
    [...packetKinds],
    z.strictObject({
      node: describe('The sender', naming('node')),
      link: describe('The link it is sent on', naming('network')),
      'router-advertisement': RouterAdvertisementPacket.optional(),
      'neighbour-advertisement': NeighbourAdvertisementPacket.optional(),
      'neighbour-solicitation': NeighbourSolicitationPacket.optional(),
      redirect: RedirectPacket.optional(),
      hex: describe(
        'A whole Ethernet frame as hex bytes',
        z.string().regex(/^([0-9a-f]{2}\s*)+$/, 'expected hex bytes'),
      ).optional(),
    }),
  ),
);

export type Packet = z.infer<typeof Packet>;
