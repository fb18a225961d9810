/** What kernels and their modules are compressed with, undone by the programs that Debian has for it. */
import { execa } from 'execa';

const PROGRAMS: { magic: string; command: string[] }[] = [
  // Behind a kernel stands its size, which is none of xz's.
  { magic: 'fd377a585a00', command: ['xz', '-dc', '--single-stream'] },
  { magic: '28b52ffd', command: ['zstd', '-dc'] },
  { magic: '1f8b08', command: ['gzip', '-dc'] },
];

/** The content itself where its first bytes are none of a compression that is known here. */
export const decompressed = async (content: Buffer): Promise<Buffer> => {
  const known = PROGRAMS.find(({ magic }) => content.toString('hex', 0, magic.length / 2) === magic);
  if (!known) return content;
  const [program, ...args] = known.command as [string, ...string[]];
  const { stdout } = await execa(program, args, {
    input: content,
    encoding: 'buffer',
    stripFinalNewline: false,
    maxBuffer: LARGEST,
  });
  return Buffer.from(stdout);
};

/** A kernel that can do all that a distribution's can takes 70 MB. */
const LARGEST = 1024 * 1024 * 1024;
