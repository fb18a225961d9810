/** A STUN server's answer to a binding request: where it came from (RFC 8489 sections 5, 6.3.1 and 14.2). Pure. */
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const MAGIC_COOKIE = 0x2112a442;
const XOR_MAPPED_ADDRESS = 0x0020;
const HEADER = 20;

/** `from` is a sockaddr_in or sockaddr_in6. Undefined for what is no binding request. */
export const stunAnswer = (datagram: Uint8Array, from: Uint8Array): Uint8Array | undefined => {
  const request = Buffer.from(datagram);
  if (request.length < HEADER || request.readUInt16BE(0) !== BINDING_REQUEST) return undefined;
  if (request.readUInt32BE(4) !== MAGIC_COOKIE) return undefined;
  const sender = Buffer.from(from);
  const isIpv6 = sender.length > 16;
  const address = isIpv6 ? sender.subarray(8, 24) : sender.subarray(4, 8);
  // Cookie and transaction id: addresses in the clear were rewritten by translators.
  const mask = request.subarray(4, HEADER);
  const value = Buffer.alloc(4 + address.length);
  value[1] = isIpv6 ? 2 : 1;
  value.writeUInt16BE(sender.readUInt16BE(2) ^ (MAGIC_COOKIE >>> 16), 2);
  for (const [index, byte] of address.entries()) value[4 + index] = byte ^ mask[index]!;
  const answer = Buffer.alloc(HEADER + 4);
  answer.writeUInt16BE(BINDING_SUCCESS, 0);
  answer.writeUInt16BE(4 + value.length, 2);
  mask.copy(answer, 4);
  answer.writeUInt16BE(XOR_MAPPED_ADDRESS, HEADER);
  answer.writeUInt16BE(value.length, HEADER + 2);
  return Buffer.concat([answer, value]);
};
