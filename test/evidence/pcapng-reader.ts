/** As much of a pcapng reader as the writer's tests need. */
export interface PcapngFile {
  interfaces: { name: string; description: string }[];
  packets: { interface: number; microseconds: bigint; length: number; data: Buffer; comment?: string }[];
}

export const readPcapng = (bytes: Uint8Array): PcapngFile => {
  const file: PcapngFile = { interfaces: [], packets: [] };
  for (const { type, body } of blocks(Buffer.from(bytes))) {
    if (type === 1) {
      const options = readOptions(body.subarray(8));
      file.interfaces.push({ name: options.get(2) ?? '', description: options.get(3) ?? '' });
    }
    if (type === 6) {
      const captured = body.readUInt32LE(12);
      file.packets.push({
        interface: body.readUInt32LE(0),
        microseconds: (BigInt(body.readUInt32LE(4)) << 32n) + BigInt(body.readUInt32LE(8)),
        length: body.readUInt32LE(16),
        data: body.subarray(20, 20 + captured),
        comment: readOptions(body.subarray(20 + Math.ceil(captured / 4) * 4)).get(1),
      });
    }
  }
  return file;
};

function* blocks(bytes: Buffer): Generator<{ type: number; body: Buffer }> {
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4);
    if (length % 4 !== 0 || bytes.readUInt32LE(at + length - 4) !== length)
      throw new Error(`bad block at ${at}`);
    yield { type: bytes.readUInt32LE(at), body: bytes.subarray(at + 8, at + length - 4) };
    at += length;
  }
}

const readOptions = (bytes: Buffer): Map<number, string> => {
  const options = new Map<number, string>();
  for (let at = 0; at + 4 <= bytes.length; ) {
    const [code, length] = [bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2)];
    if (code === 0) break;
    options.set(code, bytes.toString('utf8', at + 4, at + 4 + length));
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return options;
};
