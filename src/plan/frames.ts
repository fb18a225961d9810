/**
 * The Ethernet frame of a `send` step: a Neighbor Discovery message with any field, reserved and malformed
 * ones too, or bytes as written. Pure.
 */
import type { Packet } from '../lab/schema.ts';
import { addressBytes, internetChecksum, macBytes, uint } from './bytes.ts';
import {
  neighbourAdvertisement,
  neighbourSolicitation,
  redirect,
  routerAdvertisement,
} from './neighbour-discovery.ts';

/** Who sends on which link, and what names of nodes mean there. */
export interface FrameContext {
  sender: { mac: string; linkLocal: string };
  /** The host under test: where a packet goes unless it says otherwise. */
  host: { mac: string; linkLocal: string };
  /** A node's link-local address on this link. */
  linkLocalOf(node: string): string;
  /** The IPv6 address that reaches a node from anywhere. */
  addressOf(node: string): string;
  /** A node's MAC address on this link. */
  macOf(node: string): string;
}

/** Throws a RangeError that names the field where a value does not fit into it. */
export const frameOf = (packet: Packet, context: FrameContext): Uint8Array => {
  if (packet.hex !== undefined) return Buffer.from(packet.hex.replace(/\s/g, ''), 'hex');
  const names: FrameContext = {
    ...context,
    linkLocalOf: unlessLiteral(context.linkLocalOf),
    addressOf: unlessLiteral(context.addressOf),
    macOf: unlessLiteral(context.macOf),
  };
  return ethernet(messageOf(packet, names), names);
};

/** Addresses and MAC addresses stand for themselves; no name of a node has a colon. */
const unlessLiteral =
  (lookUp: (node: string) => string) =>
  (text: string): string =>
    text.includes(':') ? text : lookUp(text);

interface Message {
  type: number;
  /** What follows type, code and checksum. */
  body: Buffer;
  /** The fields that any message has. */
  fields: Omit<NonNullable<Packet['neighbour-solicitation']>, 'target' | 'source-link-layer'>;
  destination: string;
}

const ALL_NODES = 'ff02::1';
const ICMPV6 = 58;

const messageOf = (packet: Packet, context: FrameContext): Message => {
  const {
    'router-advertisement': ra,
    'neighbour-solicitation': ns,
    'neighbour-advertisement': na,
    redirect: redirected,
  } = packet;
  const destination = context.host.linkLocal;
  if (ra) return { type: 134, body: routerAdvertisement(ra, context), fields: ra, destination: ALL_NODES };
  if (ns) return { type: 135, body: neighbourSolicitation(ns, context), fields: ns, destination };
  if (na) return { type: 136, body: neighbourAdvertisement(na, context), fields: na, destination };
  if (redirected) return { type: 137, body: redirect(redirected, context), fields: redirected, destination };
  throw new Error('a packet to send needs a message or hex bytes');
};

const ethernet = (message: Message, context: FrameContext): Buffer => {
  const { fields } = message;
  const source = addressBytes(context.linkLocalOf(fields.source ?? context.sender.linkLocal));
  const destination = addressBytes(context.linkLocalOf(fields.destination ?? message.destination));
  const icmp = icmpv6(message, source, destination);
  return Buffer.concat([
    macBytes(context.macOf(fields['ethernet-destination'] ?? groupOrHost(destination, context))),
    macBytes(context.macOf(fields['ethernet-source'] ?? context.sender.mac)),
    Buffer.from([0x86, 0xdd]),
    Buffer.from([0x60, 0, 0, 0]),
    uint('payload length', 2, icmp.length),
    Buffer.from([ICMPV6]),
    uint('ip-hop-limit', 1, fields['ip-hop-limit'] ?? 255),
    source,
    destination,
    icmp,
  ]);
};

/** A group's MAC address is 33:33 and the last four bytes of its address (RFC 2464 section 7). */
const groupOrHost = (destination: Buffer, { host }: FrameContext): string =>
  destination[0] === 0xff ? `33:33:${destination.toString('hex', 12).replace(/..(?=.)/g, '$&:')}` : host.mac;

const icmpv6 = ({ type, body, fields }: Message, source: Buffer, destination: Buffer): Buffer => {
  const rawOptions = (fields.options ?? []).map((hex) => Buffer.from(hex, 'hex'));
  const message = Buffer.concat([Buffer.from([type, fields.code ?? 0, 0, 0]), body, ...rawOptions]);
  const pseudoHeader = [
    source,
    destination,
    uint('length', 4, message.length),
    uint('next header', 4, ICMPV6),
  ];
  message.writeUInt16BE(fields.checksum ?? internetChecksum(Buffer.concat([...pseudoHeader, message])), 2);
  return message;
};
