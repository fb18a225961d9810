/** Which version a kernel is, by what lies in its file: without booting it. */
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { HOST_KERNEL } from '../suite/setting.ts';
import type { KernelImage } from './kernel-image.ts';
import { findKernel } from './kernel-names.ts';

/** Of what --kernel names. @throws KernelUnavailable */
export const versionNamed = async (name: string): Promise<string> =>
  name === HOST_KERNEL ? release() : versionOf(await findKernel(name));

/** '6.12.117'; as uname says it where the file says no more. '' where it says nothing. */
export const versionOf = ({ file, kind }: Pick<KernelImage, 'file' | 'kind'>): string => {
  const content = readFileSync(file);
  return versionIn(kind === 'qemu' ? bannerOf(content) : textAfter(content, 'Linux version '));
};

/** The boot protocol's header points to the banner, 512 bytes before it (Documentation/arch/x86/boot.rst). */
const bannerOf = (content: Buffer): string => {
  const start = content.readUInt16LE(0x20e) + 0x200;
  return content.toString('latin1', start, content.indexOf(0, start));
};

const textAfter = (content: Buffer, mark: string): string => {
  const at = content.indexOf(mark);
  return at < 0 ? '' : content.toString('latin1', at + mark.length, content.indexOf(0, at));
};

/**
 * Debian's kernels are called 6.1.0-50, and say at the end, behind the number of the build, which 6.1 they are; before it
 * stands the compiler, which may be Debian's too. Pure.
 */
export const versionIn = (banner: string): string =>
  / #\d+ .*Debian (\d+\.\d+\.\d+)/.exec(banner)?.[1] ?? banner.split(' ')[0]!;
