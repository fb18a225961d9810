/**
 * The kernel within a bzImage, which has to unpack itself at each boot: emulated that takes 5 s of processor time, on
 * the machine one, once. QEMU boots it by the entry that kernels have for Xen's PVH.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../sys/cache.ts';
import { decompressed } from './compression.ts';

/**
 * A file with the kernel within, kept below the cache folder.
 *
 * @returns the bzImage itself where it is compressed by something else than xz, zstd or gzip, has no such entry, or
 * cannot be kept
 */
export const unpackedKernel = async (bzImage: string): Promise<string> => {
  const kept = unpackedFile(bzImage);
  if (existsSync(kept)) return kept;
  const making = `${kept}.making-${process.pid}`;
  try {
    const kernel = await vmlinuxOf(readFileSync(bzImage));
    if (!kernel) return bzImage;
    mkdirSync(dirname(kept), { recursive: true });
    writeFileSync(making, kernel);
    renameSync(making, kept);
    return kept;
  } catch {
    return bzImage;
  } finally {
    rmSync(making, { force: true });
  }
};

export const forgetUnpacked = (bzImage: string): void => {
  if (existsSync(bzImage)) rmSync(unpackedFile(bzImage), { force: true });
};

const unpackedFile = (bzImage: string): string => {
  const digest = createHash('sha256').update(readFileSync(bzImage)).digest('hex');
  return join(cacheFolder(), 'unpacked', digest.slice(0, 16));
};

/** Pure but for the programs that decompress. */
export const vmlinuxOf = async (bzImage: Buffer): Promise<Buffer | undefined> => {
  const payload = payloadOf(bzImage);
  const kernel = payload && (await decompressed(payload));
  return kernel && hasPvhEntry(kernel) ? kernel : undefined;
};

/** Where the fields of the boot protocol stand (The Linux/x86 Boot Protocol, "The Real-Mode Kernel Header"). */
const SETUP_SECTORS = 0x1f1;
const PROTOCOL = 0x206;
const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_LENGTH = 0x24c;
/** The two are there since this version. */
const WITH_PAYLOAD = 0x0208;
const SECTOR = 512;

const payloadOf = (bzImage: Buffer): Buffer | undefined => {
  if (bzImage.length < PAYLOAD_LENGTH + 4 || bzImage.readUInt16LE(PROTOCOL) < WITH_PAYLOAD) return undefined;
  const setup = (bzImage.readUInt8(SETUP_SECTORS) || 4) + 1;
  const start = setup * SECTOR + bzImage.readUInt32LE(PAYLOAD_OFFSET);
  const payload = bzImage.subarray(start, start + bzImage.readUInt32LE(PAYLOAD_LENGTH));
  const gzip = payload.readUInt16BE(0) === 0x1f8b;
  // Its size stands behind it, in four bytes; gzip has it within.
  return gzip ? payload : payload.subarray(0, -4);
};

/** Where fields stand: e_phoff, e_phentsize and e_phnum in the file, p_offset and p_filesz in a program header. */
const ELF = {
  programHeaders: 0x20,
  programHeaderSize: 0x36,
  programHeaderCount: 0x38,
  segmentOffset: 0x08,
  segmentSize: 0x20,
};
const PT_NOTE = 4;
/** A note of Xen's of type 18 (XEN_ELFNOTE_PHYS32_ENTRY) with eight bytes. */
const PVH_ENTRY = Buffer.from('040000000800000012000000' + '58656e00', 'hex');

/** In a segment of notes of a 64-bit ELF file (elf(5)). A kernel without CONFIG_PVH has none. */
const hasPvhEntry = (kernel: Buffer): boolean => {
  if (kernel.toString('latin1', 0, 4) !== '\x7fELF') return false;
  const [offset, size, count] = [
    Number(kernel.readBigUInt64LE(ELF.programHeaders)),
    kernel.readUInt16LE(ELF.programHeaderSize),
    kernel.readUInt16LE(ELF.programHeaderCount),
  ];
  return Array.from({ length: count }, (_, index) => offset + index * size).some((header) => {
    if (kernel.readUInt32LE(header) !== PT_NOTE) return false;
    const start = Number(kernel.readBigUInt64LE(header + ELF.segmentOffset));
    return kernel
      .subarray(start, start + Number(kernel.readBigUInt64LE(header + ELF.segmentSize)))
      .includes(PVH_ENTRY);
  });
};
