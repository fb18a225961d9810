/**
 * Packets as a pcapng file (draft-ietf-opsawg-pcapng): an interface for every port of every link, named as
 * people speak of it, so that Wireshark shows which node sent what. Pure.
 */
import type { Plan } from '../plan/plan.ts';
import type { PacketEvent } from './timeline.ts';

/** Where packets come in: a node's end of a link. */
export interface Port {
  link: string;
  node: string;
}

/** Every port of every link. */
export const portsOf = ({ nodes }: Plan): Port[] =>
  nodes.flatMap(({ name, interfaces }) => interfaces.map(({ link }) => ({ link, node: name })));

export interface PcapngOptions {
  /** Every port, silent ones too; ports that only the packets name are added. */
  ports: Port[];
  /** The instant 0 of the timeline in milliseconds since 1970. */
  epochMs: number;
  /** Packet number to the comment that Wireshark shows with it: 'probe web'. */
  comments?: ReadonlyMap<number, string>;
}

/** A whole file. Packets keep their order, so the packet's number is Wireshark's frame number. */
export const pcapng = (packets: PacketEvent[], { ports, epochMs, comments }: PcapngOptions): Uint8Array => {
  const allPorts = uniquePorts([...ports, ...packets]);
  return Buffer.concat([
    header(allPorts),
    ...packets.map((packet) => enhancedPacket(packet, allPorts, epochMs, comments?.get(packet.number))),
  ]);
};

/** What stands before the first packet: the section and its interfaces. */
export const header = (ports: Port[]): Uint8Array =>
  Buffer.concat([sectionHeader(), ...ports.map(interfaceDescription)]);

/** One packet of one of the ports that the header described. */
export const enhancedPacket = (
  packet: PacketEvent,
  ports: Port[],
  epochMs: number,
  comment?: string,
): Uint8Array => {
  const data = Buffer.from(packet.data, 'base64');
  const microseconds = BigInt(Math.round(epochMs * 1000) + Math.round(packet.at * 1000));
  const fixed = Buffer.alloc(20);
  fixed.writeUInt32LE(
    ports.findIndex((port) => isSamePort(port, packet)),
    0,
  );
  fixed.writeUInt32LE(Number(microseconds >> 32n), 4);
  fixed.writeUInt32LE(Number(microseconds & 0xffff_ffffn), 8);
  fixed.writeUInt32LE(data.length, 12);
  fixed.writeUInt32LE(packet.length, 16);
  return block(Block.enhancedPacket, [
    fixed,
    padded(data),
    ...(comment ? options([Option.comment, comment]) : []),
  ]);
};

const Block = { sectionHeader: 0x0a0d0d0a, interfaceDescription: 1, enhancedPacket: 6 };
const Option = { end: 0, comment: 1, interfaceName: 2, interfaceDescription: 3, application: 4 };
const LINKTYPE_ETHERNET = 1;

/** Little-endian, version 1.0, length unknown. Timestamps count microseconds, the format's default. */
const sectionHeader = (): Buffer =>
  block(Block.sectionHeader, [
    Buffer.from('4d3c2b1a01000000ffffffffffffffff', 'hex'),
    ...options([Option.application, 'miflab']),
  ]);

const interfaceDescription = ({ link, node }: Port): Buffer => {
  const fixed = Buffer.alloc(8);
  fixed.writeUInt16LE(LINKTYPE_ETHERNET, 0);
  return block(Block.interfaceDescription, [
    fixed,
    ...options(
      [Option.interfaceName, `${link} (${node})`],
      [Option.interfaceDescription, `sent by ${node} on ${link}`],
    ),
  ]);
};

const block = (type: number, parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const length = uint32(body.length + 12);
  return Buffer.concat([uint32(type), length, body, length]);
};

const options = (...values: [code: number, text: string][]): Buffer[] => [
  ...values.flatMap(([code, text]) => {
    const value = Buffer.from(text);
    return [option(code, value.length), padded(value)];
  }),
  option(Option.end, 0),
];

const option = (code: number, length: number): Buffer => uint32(code + length * 0x10000);

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes], Math.ceil(bytes.length / 4) * 4);

const uniquePorts = (ports: Port[]): Port[] =>
  ports.filter((port, index) => ports.findIndex((other) => isSamePort(other, port)) === index);

const isSamePort = (a: Port, b: Port): boolean => a.link === b.link && a.node === b.node;
