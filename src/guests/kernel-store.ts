/** Kernels that were fetched or built, below the cache folder: kernels/NAME/{kernel, kernel.json, modules}. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../sys/cache.ts';
import type { KernelImage } from './kernel-image.ts';
import { forgetUnpacked } from './vmlinux.ts';

export interface StoredKernel {
  /** As --kernel names it: 'uml-6.12.117', 'debian:trixie'. */
  name: string;
  kind: KernelImage['kind'];
  /** Where it is from: packages with their versions, debian:RELEASE, a folder of sources. */
  from: string;
  /** Of a kernel that was built: the digest of what its configuration was to have. */
  configured?: string;
  /** ISO 8601. */
  made: string;
  /** Below its folder. */
  file: string;
  modules?: string;
}

const kernelFolder = (name = ''): string => join(cacheFolder(), 'kernels', name.replaceAll(/[:/]/g, '-'));

/** In the order of their names. */
export const storedKernels = (): StoredKernel[] =>
  (existsSync(kernelFolder()) ? readdirSync(kernelFolder()) : []).toSorted().flatMap((folder) => {
    const file = join(kernelFolder(), folder, 'kernel.json');
    return existsSync(file) ? [JSON.parse(readFileSync(file, 'utf8')) as StoredKernel] : [];
  });

export const storedKernel = (name: string): KernelImage | undefined => {
  const stored = storedKernels().find((one) => one.name === name);
  return stored && imageOf(stored);
};

/** The User-mode Linux kernel that was built last. */
export const latestUml = (): KernelImage | undefined => {
  const [latest] = storedKernels()
    .filter(({ kind }) => kind === 'uml')
    .toSorted((a, b) => (a.made < b.made ? 1 : -1));
  return latest && imageOf(latest);
};

/** The one that was built of these sources with this configuration. */
export const builtKernel = (
  kind: KernelImage['kind'],
  from: string,
  configured: string,
): KernelImage | undefined => {
  const built = storedKernels().find(
    (one) => one.kind === kind && one.from === from && one.configured === configured,
  );
  return built && imageOf(built);
};

const imageOf = ({ name, kind, file, modules }: StoredKernel): KernelImage => ({
  name,
  kind,
  file: join(kernelFolder(name), file),
  modules: modules && join(kernelFolder(name), modules),
});

/** Puts what `fill` leaves in a folder in the place of the kernel of that name; nothing where it throws. */
export const storeKernel = async (
  name: string,
  fill: (folder: string) => Promise<Omit<StoredKernel, 'name' | 'made'>>,
): Promise<KernelImage> => {
  const folder = kernelFolder(name);
  const making = `${folder}.making-${process.pid}`;
  mkdirSync(making, { recursive: true });
  try {
    const stored: StoredKernel = { name, made: new Date().toISOString(), ...(await fill(making)) };
    writeFileSync(join(making, 'kernel.json'), `${JSON.stringify(stored, null, 2)}\n`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(making, folder);
    return imageOf(stored);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
};

export const removeKernel = (name: string): void => {
  const kernel = storedKernel(name);
  if (kernel?.kind === 'qemu') forgetUnpacked(kernel.file);
  rmSync(kernelFolder(name), { recursive: true, force: true });
};
