/** How QEMU runs a kernel on this machine. */
import { lackingKvm } from './kvm.ts';
import type { Acceleration } from './qemu.ts';
import { unpackedKernel } from './vmlinux.ts';

export interface Accelerated {
  acceleration: Acceleration;
  /** In a result's words, with the reason where it is emulated. */
  how: string;
  /** What it boots. */
  file: string;
}

/** With KVM where a boot shows that it works. */
export const accelerated = async (bzImage: string): Promise<Accelerated> => {
  const lacking = await lackingKvm(bzImage);
  if (lacking === undefined) return { acceleration: 'kvm', how: 'QEMU with KVM', file: bzImage };
  return {
    acceleration: 'tcg',
    how: `QEMU, emulated (TCG): ${lacking}`,
    file: await unpackedKernel(bzImage),
  };
};
