/** The kernels of Debian's releases: fetched once, and kept until they are removed. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { KernelUnavailable } from '../suite/kernel.ts';
import { debianRelease, hasApt } from './debian-packages.ts';
import type { KernelImage } from './kernel-image.ts';
import { storedKernel, storeKernel } from './kernel-store.ts';

/** @throws KernelUnavailable */
export const debianKernel = async (release: string): Promise<KernelImage> => {
  const name = `debian:${release}`;
  const stored = storedKernel(name);
  if (stored) return stored;
  if (!hasApt())
    throw new KernelUnavailable(`${name} is fetched by apt-get, which this machine does not have`);
  const debian = await debianRelease(release);
  // The image is in one package until trixie, and in two or three after it.
  const packages = (
    await debian.dependencies('linux-image-amd64', /^linux-(image|modules|binary|base)-\d/)
  ).filter((one) => !one.startsWith('linux-base'));
  if (packages.length === 0) throw new KernelUnavailable(`Debian ${release} has no linux-image-amd64`);
  return storeKernel(name, async (folder) => {
    await debian.unpack(packages, folder);
    const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const file = paths.find((path) => /(^|\/)vmlinuz(-[^/]*)?$/.test(path));
    const modules = paths.find((path) => /lib\/modules\/[^/]+$/.test(path));
    if (!file || !modules)
      throw new KernelUnavailable(`${packages.join(', ')} of Debian ${release} hold no kernel with modules`);
    return { kind: 'qemu', from: packages.join(', '), file, modules: join(modules) };
  });
};
