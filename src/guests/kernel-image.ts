/** A kernel that guests can run: its program or image, and its modules. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { KernelUnavailable } from '../suite/kernel.ts';

export interface KernelImage {
  /** As --kernel names it. */
  name: string;
  kind: 'uml' | 'qemu';
  file: string;
  /** The folder that holds kernel/ with the modules; undefined where all is built in. */
  modules?: string;
}

/** A User-mode Linux kernel is a program; any other for this machine has the boot protocol's header. */
const kindOf = (file: string): KernelImage['kind'] => {
  const head = Buffer.alloc(0x206);
  const fd = openSync(file, 'r');
  try {
    readSync(fd, head, 0, head.length, 0);
  } finally {
    closeSync(fd);
  }
  if (head.toString('latin1', 0, 4) === '\x7fELF') return 'uml';
  if (head.toString('latin1', 0x202, 0x206) === 'HdrS') return 'qemu';
  throw new KernelUnavailable(`${file} is no kernel: expected a bzImage or a User-mode Linux program`);
};

/** @throws KernelUnavailable */
export const kernelOfFile = (file: string, modules?: string): KernelImage => {
  if (!existsSync(file)) throw new KernelUnavailable(`there is no kernel ${file}`);
  if (modules !== undefined && !existsSync(modules))
    throw new KernelUnavailable(`there is no folder of modules ${modules}`);
  return { name: file, kind: kindOf(file), file, modules };
};
