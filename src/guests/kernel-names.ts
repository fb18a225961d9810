/** From what --kernel names to the kernel itself. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { KernelUnavailable } from '../suite/kernel.ts';
import { debianKernel } from './debian-kernel.ts';
import { type KernelImage, kernelOfFile } from './kernel-image.ts';
import { latestUml, storedKernel, storedKernels } from './kernel-store.ts';

/** @throws KernelUnavailable */
export const findKernel = async (name: string, modules?: string): Promise<KernelImage> => {
  if (name === 'debian-uml') return debianUml();
  if (name === 'uml') {
    const built = latestUml();
    if (!built)
      throw new KernelUnavailable(
        'no User-mode Linux kernel was built yet',
        'miflab kernel build debian:trixie   (not as root; takes minutes)',
      );
    return built;
  }
  if (name.startsWith('debian:')) return debianKernel(name.slice('debian:'.length));
  const stored = storedKernel(name);
  if (stored) return stored;
  if (existsSync(name)) return kernelOfFile(name, modules);
  throw new KernelUnavailable(
    `no kernel ${name}: expected host, debian-uml, debian:RELEASE, debian:RELEASE/VERSION, uml, a name that miflab kernel list shows, or the file of a kernel`,
  );
};

/** Those that are on this machine: what was fetched or built, and Debian's package. */
export const kernelsThere = (): string[] => [
  ...(existsSync(UML_PROGRAM) ? ['debian-uml'] : []),
  ...storedKernels().map(({ name }) => name),
];

const UML_PROGRAM = '/usr/bin/linux.uml';
const UML_MODULES = '/usr/lib/uml/modules';

/** Debian's package user-mode-linux: a program, and its modules in a folder of the release's name. */
const debianUml = (): KernelImage => {
  if (!existsSync(UML_PROGRAM))
    throw new KernelUnavailable(
      "debian-uml is Debian's package user-mode-linux, which is not installed",
      'apt-get install user-mode-linux',
    );
  const [release] = existsSync(UML_MODULES) ? readdirSync(UML_MODULES) : [];
  return {
    name: 'debian-uml',
    kind: 'uml',
    file: UML_PROGRAM,
    modules: release === undefined ? undefined : join(UML_MODULES, release),
  };
};
