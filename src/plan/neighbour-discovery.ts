/** Neighbor Discovery messages (RFC 4861 section 4) as bytes: what follows type, code and checksum. Pure. */
import type { Packet } from '../lab/schema.ts';
import { milliseconds, prefixLength } from './addresses.ts';
import { addressBytes, macBytes, uint } from './bytes.ts';
import type { FrameContext } from './frames.ts';

type RouterAdvertisement = NonNullable<Packet['router-advertisement']>;
type NeighbourSolicitation = NonNullable<Packet['neighbour-solicitation']>;
type NeighbourAdvertisement = NonNullable<Packet['neighbour-advertisement']>;
type Redirect = NonNullable<Packet['redirect']>;

const Option = { sourceLinkLayer: 1, targetLinkLayer: 2, prefix: 3, mtu: 5, route: 24, rdnss: 25 };

export const routerAdvertisement = (ra: RouterAdvertisement, { sender }: FrameContext): Buffer =>
  Buffer.concat([
    uint('hop-limit', 1, ra['hop-limit'] ?? 64),
    uint('flags', 1, ra.flags ?? routerFlags(ra)),
    uint('lifetime', 2, seconds(ra.lifetime ?? '1800s')),
    uint('reachable-time', 4, milliseconds(ra['reachable-time'] ?? '0s')),
    uint('retrans-timer', 4, milliseconds(ra['retrans-timer'] ?? '0s')),
    ...((ra['source-link-layer'] ?? true) ? [linkLayer(Option.sourceLinkLayer, sender.mac)] : []),
    ...(ra.mtu === undefined ? [] : [option(Option.mtu, [Buffer.alloc(2), uint('mtu', 4, ra.mtu)])]),
    ...(ra.prefixes ?? []).map(prefixInformation),
    ...(ra.routes ?? []).map(routeInformation),
    ...(ra.rdnss ? [recursiveDnsServers(ra.rdnss)] : []),
  ]);

export const neighbourSolicitation = (
  ns: NeighbourSolicitation,
  { sender, linkLocalOf }: FrameContext,
): Buffer =>
  Buffer.concat([
    Buffer.alloc(4),
    addressBytes(linkLocalOf(ns.target)),
    ...((ns['source-link-layer'] ?? true) ? [linkLayer(Option.sourceLinkLayer, sender.mac)] : []),
  ]);

export const neighbourAdvertisement = (
  na: NeighbourAdvertisement,
  { sender, linkLocalOf, macOf }: FrameContext,
): Buffer => {
  const flags = (na.router ? 0x80 : 0) | (na.solicited ? 0x40 : 0) | (na.override ? 0x20 : 0);
  const mac = na['target-link-layer'] ?? sender.mac;
  return Buffer.concat([
    Buffer.from([flags, 0, 0, 0]),
    addressBytes(linkLocalOf(na.target)),
    ...(mac === false ? [] : [linkLayer(Option.targetLinkLayer, macOf(mac))]),
  ]);
};

/** A target that is a node has its link-layer address told, too; that of a bare address is unknown. */
export const redirect = (message: Redirect, { linkLocalOf, addressOf, macOf }: FrameContext): Buffer => {
  const targetIsNode = !message.target.includes(':');
  const mac = message['target-link-layer'] ?? (targetIsNode && message.target);
  return Buffer.concat([
    Buffer.alloc(4),
    addressBytes(linkLocalOf(message.target)),
    addressBytes(addressOf(message['redirected-destination'])),
    ...(mac === false ? [] : [linkLayer(Option.targetLinkLayer, macOf(mac))]),
  ]);
};

const routerFlags = (ra: RouterAdvertisement): number =>
  (ra.managed ? 0x80 : 0) | (ra['other-config'] ? 0x40 : 0) | preferenceBits(ra.preference);

/** Bits 4 and 3 of the flags of an RA and of a Route Information option (RFC 4191 section 2.1). */
const preferenceBits = (preference: RouterAdvertisement['preference'] = 'medium'): number =>
  ({ medium: 0b00, high: 0b01, reserved: 0b10, low: 0b11 })[preference] << 3;

/** RFC 4861 section 4.6.2, with radvd's default lifetimes. */
const prefixInformation = (information: NonNullable<RouterAdvertisement['prefixes']>[number]): Buffer => {
  const onLink = information['on-link'] ?? true;
  const autonomous = information.autonomous ?? true;
  return option(Option.prefix, [
    uint('prefix length', 1, prefixLength(information.prefix)),
    Buffer.from([(onLink ? 0x80 : 0) | (autonomous ? 0x40 : 0)]),
    uint('valid-lifetime', 4, seconds(information['valid-lifetime'] ?? '1d')),
    uint('preferred-lifetime', 4, seconds(information['preferred-lifetime'] ?? '4h')),
    Buffer.alloc(4),
    addressBytes(information.prefix),
  ]);
};

/** RFC 4191 section 2.3: no more of the prefix than its length needs, in units of eight bytes. */
const routeInformation = (route: NonNullable<RouterAdvertisement['routes']>[number]): Buffer => {
  const length = prefixLength(route.prefix);
  return option(Option.route, [
    uint('prefix length', 1, length),
    Buffer.from([preferenceBits(route.preference)]),
    uint('lifetime', 4, seconds(route.lifetime ?? '1800s')),
    addressBytes(route.prefix).subarray(0, Math.ceil(length / 64) * 8),
  ]);
};

/** RFC 8106 section 5.1. */
const recursiveDnsServers = ({ servers, lifetime }: NonNullable<RouterAdvertisement['rdnss']>): Buffer =>
  option(Option.rdnss, [
    Buffer.alloc(2),
    uint('lifetime', 4, seconds(lifetime ?? '1800s')),
    ...servers.map(addressBytes),
  ]);

const linkLayer = (type: number, mac: string): Buffer => option(type, [macBytes(mac)]);

/** An option's length counts units of eight bytes, type and length included. */
const option = (type: number, parts: Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([type]), uint('option length', 1, (content.length + 2) / 8), content]);
};

/** Infinity is all ones. */
const seconds = (lifetime: string): number =>
  lifetime === 'infinity' ? 0xffff_ffff : Math.round(milliseconds(lifetime) / 1000);
