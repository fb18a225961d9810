/** What kernels and their modules are compressed with, undone by the programs that Debian has for it. */
import { execa } from 'execa';

/** By the first bytes of what they compress. */
const PROGRAMS = [
  ['fd377a585a00', 'xz'],
  ['28b52ffd', 'zstd'],
  ['1f8b08', 'gzip'],
] as const;

/** The content itself where its first bytes are none of a compression that is known here. */
export const decompressed = async (content: Buffer): Promise<Buffer> => {
  const [, program] =
    PROGRAMS.find(([magic]) => content.toString('hex', 0, magic.length / 2) === magic) ?? [];
  if (!program) return content;
  const { stdout } = await execa(program, ['-dc'], {
    input: content,
    encoding: 'buffer',
    stripFinalNewline: false,
    maxBuffer: LARGEST,
  });
  return Buffer.from(stdout);
};

/** A kernel that can do all that a distribution's can takes 70 MB. */
const LARGEST = 1024 * 1024 * 1024;
