/** The framing of netlink: messages in a datagram, attributes in a message (netlink(7)). Pure. */

export interface Message {
  type: number;
  flags: number;
  /** The object's fixed part and its attributes. */
  body: Buffer;
}

const HEADER = 16;
/** The longest fixed part of an object: struct ifinfomsg. */
const LONGEST_FIXED_PART = 16;
const ATTRIBUTE_HEADER = 4;
const NLM_F_REQUEST = 0x1;
const NLM_F_DUMP = 0x300;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;
const NLMSG_ERROR = 2;
/** NLA_F_NESTED and NLA_F_NET_BYTEORDER share the field with the attribute's type. */
const ATTRIBUTE_FLAGS = 0xc000;

/** The messages about objects in a datagram, as far as they are whole. */
export const messagesOf = (datagram: Uint8Array): Message[] => {
  const bytes = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const messages: Message[] = [];
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    if (length < HEADER || at + length > bytes.length) break;
    const body = bytes.subarray(at + HEADER, at + length);
    messages.push({ type: bytes.readUInt16LE(at + 4), flags: bytes.readUInt16LE(at + 6), body });
    at += aligned(length);
  }
  return messages;
};

/** Attributes by type, behind the fixed part of an object. */
export const readAttributes = (body: Buffer, fixedPart: number): Map<number, Buffer> => {
  const attributes = new Map<number, Buffer>();
  for (let at = fixedPart; at + ATTRIBUTE_HEADER <= body.length; ) {
    const length = body.readUInt16LE(at);
    if (length < ATTRIBUTE_HEADER || at + length > body.length) break;
    const type = body.readUInt16LE(at + 2) & ~ATTRIBUTE_FLAGS;
    attributes.set(type, body.subarray(at + ATTRIBUTE_HEADER, at + length));
    at += aligned(length);
  }
  return attributes;
};

/** What the kernel answers to a request that it refuses: `request` is the number that the request had. */
export const readRefusal = ({ type, body }: Message): { request: number; errno: number } | undefined => {
  const errno = type === NLMSG_ERROR ? -body.readInt32LE(0) : 0;
  return errno === 0 ? undefined : { request: body.readUInt32LE(4 + 8), errno };
};

export interface Request {
  /** RTM_NEWLINK 16, RTM_NEWADDR 20. */
  type: number;
  /** It makes what is not there yet, and is refused where it is there. */
  creates?: true;
  /** The object's fixed part. */
  object: Buffer;
  attributes: [type: number, value: Uint8Array][];
}

/** Requests as one datagram, numbered from 0. The kernel answers only to those that it refuses. */
export const encodeRequests = (requests: Request[]): Uint8Array =>
  Buffer.concat(
    requests.map(({ type, creates, object, attributes }, number) => {
      const header = Buffer.alloc(HEADER);
      const message = padded([header, object, ...attributes.map(([of, value]) => attribute(of, value))]);
      header.writeUInt32LE(message.length, 0);
      header.writeUInt16LE(type, 4);
      header.writeUInt16LE(NLM_F_REQUEST | (creates ? NLM_F_CREATE | NLM_F_EXCL : 0), 6);
      header.writeUInt32LE(number, 8);
      header.copy(message);
      return message;
    }),
  );

const attribute = (type: number, value: Uint8Array): Buffer => {
  const header = Buffer.alloc(ATTRIBUTE_HEADER);
  header.writeUInt16LE(ATTRIBUTE_HEADER + value.length, 0);
  header.writeUInt16LE(type, 2);
  return padded([header, value]);
};

const padded = (parts: Uint8Array[]): Buffer => {
  const bytes = Buffer.concat(parts);
  return Buffer.concat([bytes], aligned(bytes.length));
};

/**
 * A request for everything of a kind. `type` is RTM_GETLINK 18, RTM_GETADDR 22, RTM_GETROUTE 26, RTM_GETNEIGH 30
 * or RTM_GETRULE 34; family AF_UNSPEC (0) means all of them.
 */
export const dumpRequest = (type: number, family: number): Uint8Array => {
  const bytes = Buffer.alloc(HEADER + LONGEST_FIXED_PART);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(NLM_F_REQUEST | NLM_F_DUMP, 6);
  bytes.writeUInt8(family, HEADER);
  return bytes;
};

const aligned = (length: number): number => (length + 3) & ~3;
