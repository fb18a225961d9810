import { type Kernel, thisKernel } from '../suite/kernel.ts';
import { HOST_KERNEL } from '../suite/setting.ts';
import type { Parts } from './parts.ts';
import { UsageError } from './usage-error.ts';

export interface KernelChoice {
  /** Names, or files. */
  kernel?: string[];
  /** Of guests that are the host under test alone. */
  hostKernel?: string[];
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
  { kernel, hostKernel: alone = [], modules }: KernelChoice,
  usesVirtualTime: boolean,
  parts: Parts,
): Promise<Kernel[]> {
  if (alone.length > 0 && kernel?.some((name) => name !== HOST_KERNEL))
    throw new UsageError(
      `--host-kernel puts the host under test alone on another kernel, and all else stays on this machine's: of --kernel it goes with ${HOST_KERNEL} only`,
    );
  const forVirtualTime = usesVirtualTime ? parts.virtualTimeKernel() : undefined;
  const usual = [HOST_KERNEL, ...(forVirtualTime === undefined ? [] : [forVirtualTime])];
  const names = kernel ?? (alone.length > 0 ? [] : usual);
  const opened = await Promise.allSettled([
    ...names.map(async (name) =>
      name === HOST_KERNEL ? hostKernel(parts) : parts.openKernel(name, modules),
    ),
    ...alone.map((name) => parts.openHostKernel(name, modules)),
  ]);
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
