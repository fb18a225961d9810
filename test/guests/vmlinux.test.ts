import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { forgetUnpacked, unpackedKernel, vmlinuxOf } from '../../src/guests/vmlinux.ts';
import { thisMachine } from '../../src/suite/machine.ts';
import { ownCache } from '../support/own-cache.ts';

/** Of a 64-bit ELF file that has one note, of this type of Xen's. */
const kernelWithNote = (type: number): Buffer => {
  const note = Buffer.alloc(24);
  note.writeUInt32LE(4, 0);
  note.writeUInt32LE(8, 4);
  note.writeUInt32LE(type, 8);
  note.write('Xen\0', 12);
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 'latin1');
  header.writeBigUInt64LE(64n, 0x20);
  header.writeUInt16LE(56, 0x36);
  header.writeUInt16LE(1, 0x38);
  const segment = Buffer.alloc(56);
  segment.writeUInt32LE(4, 0);
  segment.writeBigUInt64LE(120n, 0x08);
  segment.writeBigUInt64LE(BigInt(note.length), 0x20);
  return Buffer.concat([header, segment, note, Buffer.alloc(5000, 'kernel')]);
};

const WITH_ENTRY = kernelWithNote(18);

/** As make bzImage lays it out, with one sector of setup and what begins at its third. */
const bzImage = (payload: Buffer, protocol = 0x020f): Buffer => {
  const setup = Buffer.alloc(1024);
  setup.writeUInt8(1, 0x1f1);
  setup.write('HdrS', 0x202);
  setup.writeUInt16LE(protocol, 0x206);
  setup.writeUInt32LE(512, 0x248);
  setup.writeUInt32LE(payload.length, 0x24c);
  return Buffer.concat([setup, Buffer.alloc(512), payload, Buffer.alloc(100, 'more')]);
};

/** Its size stands behind what is compressed, but for gzip. */
const compressed = async (program: string, kernel: Buffer): Promise<Buffer> => {
  const { stdout } = await execa(program, ['-c'], {
    input: kernel,
    encoding: 'buffer',
    stripFinalNewline: false,
  });
  const size = Buffer.alloc(4);
  size.writeUInt32LE(kernel.length);
  return Buffer.concat(program === 'gzip' ? [stdout] : [stdout, size]);
};

const lacking = (program: string) => !thisMachine.hasProgram(program) && `${program} is not here`;

for (const program of ['xz', 'zstd', 'gzip'])
  t.test(`a kernel that ${program} has compressed is unpacked`, { skip: lacking(program) }, async (t) => {
    t.same(await vmlinuxOf(bzImage(await compressed(program, WITH_ENTRY))), WITH_ENTRY);
  });

t.test('one that QEMU could not boot in this way is left as it is', async (t) => {
  const without = kernelWithNote(17);
  t.equal(await vmlinuxOf(bzImage(await compressed('gzip', without))), undefined, 'no entry for PVH');
  const old = bzImage(await compressed('gzip', WITH_ENTRY), 0x0207);
  t.equal(await vmlinuxOf(old), undefined, 'a boot protocol that does not say where it is');
  const unknown = bzImage(Buffer.concat([Buffer.from('5d000080', 'hex'), Buffer.alloc(500)]));
  t.equal(await vmlinuxOf(unknown), undefined, 'another compression');
  t.equal(await vmlinuxOf(Buffer.from('MZ')), undefined, 'no kernel');
});

t.test('what is unpacked is kept, and found by the content of the file', async (t) => {
  const folder = ownCache(t);
  const [one, same, broken] = ['one', 'same', 'broken'].map((name) => join(folder, name));
  const image = bzImage(await compressed('xz', WITH_ENTRY));
  for (const file of [one!, same!]) writeFileSync(file, image);
  writeFileSync(broken!, image.subarray(0, 1600));

  const kept = await unpackedKernel(one!);
  t.same(readFileSync(kept), WITH_ENTRY);
  t.equal(await unpackedKernel(same!), kept);
  t.equal(await unpackedKernel(broken!), broken, 'what cannot be unpacked boots as it is');
  forgetUnpacked(one!);
  t.notOk(existsSync(kept));
});
