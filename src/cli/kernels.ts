import { type Kernel, thisKernel } from '../suite/kernel.ts';
import { HOST_KERNEL } from '../suite/setting.ts';
import type { Parts } from './parts.ts';

export interface KernelChoice {
  /** Names, or files. */
  kernel?: string[];
  /** The modules of a kernel that is a file. */
  modules?: string;
}

/**
 * Boots a guest of each kernel, all at once; the machine's own needs none. Where none is asked for, labs in virtual time
 * get one that has it, if there is one.
 *
 * @throws KernelUnavailable, when those that came up are gone again
 */
export async function openKernels(
  { kernel, modules }: KernelChoice,
  usesVirtualTime: boolean,
  parts: Parts,
): Promise<Kernel[]> {
  const forVirtualTime = usesVirtualTime ? parts.virtualTimeKernel() : undefined;
  const names = kernel ?? [HOST_KERNEL, ...(forVirtualTime === undefined ? [] : [forVirtualTime])];
  const opened = await Promise.allSettled(
    names.map(async (name) => (name === HOST_KERNEL ? hostKernel(parts) : parts.openKernel(name, modules))),
  );
  const kernels = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = opened.find((one) => one.status === 'rejected');
  if (!failed) return kernels;
  await closeKernels(kernels);
  throw failed.reason;
}

export async function closeKernels(kernels: Kernel[]): Promise<void> {
  await Promise.all(kernels.map((kernel) => kernel.close()));
}

const hostKernel = ({ machine, laboratory }: Parts): Kernel => ({
  ...thisKernel,
  machine,
  measure: laboratory.measure,
  close: async () => {},
});
