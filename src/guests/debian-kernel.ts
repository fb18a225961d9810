/** The kernels of Debian's releases: fetched once, and kept until they are removed. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { KernelUnavailable } from '../suite/kernel.ts';
import { compareVersions, isOfVersion } from '../suite/kernel-versions.ts';
import { type DebianRelease, debianRelease, hasApt } from './debian-packages.ts';
import type { KernelImage } from './kernel-image.ts';
import { storedKernel, storeKernel } from './kernel-store.ts';

/** `wanted` is a release, and a version where it is not its latest kernel: 'trixie-backports/6.18'. @throws KernelUnavailable */
export const debianKernel = async (wanted: string): Promise<KernelImage> => {
  const name = `debian:${wanted}`;
  const stored = storedKernel(name);
  if (stored) return stored;
  if (!hasApt())
    throw new KernelUnavailable(`${name} is fetched by apt-get, which this machine does not have`);
  const [release, version] = wanted.split('/', 2) as [string, string?];
  const debian = await debianRelease(release);
  const image = version === undefined ? 'linux-image-amd64' : await imageOf(debian, release, version);
  // The image is in one package until trixie, and in two or three after it.
  const packages = (await debian.dependencies(image, /^linux-(image|modules|binary|base)-\d/)).filter(
    (one) => !one.startsWith('linux-base'),
  );
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

/** A release keeps older kernels than its latest, backports many. @throws KernelUnavailable */
const imageOf = async (debian: DebianRelease, release: string, version: string): Promise<string> => {
  const images = imagesByVersion(await debian.names('linux-image-'));
  const image = images.findLast((one) => isOfVersion(one.version, version));
  if (image) return image.name;
  const versions = images.map((one) => one.version).join(', ');
  throw new KernelUnavailable(`Debian ${release} has no Linux ${version}: ${versions || 'none at all'}`);
};

/** Of package names those of kernels for any machine, with Debian's version of each, the latest last. Pure. */
export const imagesByVersion = (names: string[]): { name: string; version: string }[] =>
  names
    .flatMap((name) => {
      const version = /^linux-image-(\d+(?:\.\d+)+(?:-\d+)?)(?:\+deb\w+)?-amd64$/.exec(name)?.[1];
      return version === undefined ? [] : [{ name, version }];
    })
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
    .toSorted((a, b) => compareVersions(a.version, b.version));
