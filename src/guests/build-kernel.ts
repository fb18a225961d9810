/** Builds a kernel with what labs need: kernels/labs.config, and uml.config or qemu.config. */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { KernelUnavailable } from '../suite/kernel.ts';
import { cacheFolder } from '../sys/cache.ts';
import { programPath } from '../testbed/bundle.ts';
import { debianRelease } from './debian-packages.ts';
import type { KernelImage } from './kernel-image.ts';
import { builtKernel, storeKernel } from './kernel-store.ts';

export interface BuildOptions {
  kind: KernelImage['kind'];
  /** A tree of sources, or debian:RELEASE. */
  source: string;
  onLine(line: string): void;
}

const ARCHITECTURE = { uml: 'um', qemu: 'x86_64' } as const;
const TARGET = { uml: 'linux', qemu: 'bzImage' } as const;
const RESULT = { uml: 'linux', qemu: 'arch/x86/boot/bzImage' } as const;

/**
 * The kernel, kept as 'uml-6.12.117' or 'qemu-6.12.117'. Debian's sources are built once for each configuration; a
 * tree is built whenever it is asked for, and only what has changed in it since the last time.
 *
 * @throws KernelUnavailable with the errors of the build
 */
export const buildKernel = async ({ kind, source, onLine }: BuildOptions): Promise<KernelImage> => {
  const wanted = ['labs', kind].map((name) => readFileSync(configuration(name), 'utf8')).join('\n');
  const configured = digestOf(wanted);
  const release = /^debian:(.*)$/.exec(source)?.[1];
  const known = release === undefined ? undefined : builtKernel(kind, source, configured);
  if (known) return known;
  const from = release === undefined ? resolve(source) : source;
  const work = join(cacheFolder(), 'builds', `${kind}-${digestOf(from)}`);
  if (release !== undefined) rmSync(work, { recursive: true, force: true });
  const build = join(work, 'build');
  mkdirSync(build, { recursive: true });
  const tree = release === undefined ? from : await debianSource(release, work);
  if (!existsSync(join(tree, 'Kbuild'))) throw new KernelUnavailable(`${source} is no tree of Linux sources`);
  const make = maker(tree, build, kind, onLine);
  const fragment = join(work, 'fragment.config');
  writeFileSync(fragment, wanted);
  await make(['alldefconfig'], { KCONFIG_ALLCONFIG: fragment });
  for (const option of lackingOptions(wanted, readFileSync(join(build, '.config'), 'utf8')))
    onLine(`these sources have no ${option}: labs that need it will be unsupported`);
  await make([`-j${availableParallelism()}`, TARGET[kind]]);
  const version = readFileSync(join(build, 'include/config/kernel.release'), 'utf8').trim();
  const kernel = await storeKernel(`${kind}-${version}`, async (folder) => {
    copyFileSync(join(build, RESULT[kind]), join(folder, 'kernel'));
    copyFileSync(join(build, '.config'), join(folder, 'config'));
    return { kind, from, configured, file: 'kernel' };
  });
  if (release !== undefined) rmSync(work, { recursive: true, force: true });
  return kernel;
};

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

/** A pid namespace ends with its first process: make and all that it starts are gone when miflab is. */
const ENDING_WITH_PARENT = [
  ...['--pdeathsig', 'KILL', 'unshare', '--user', '--map-current-user'],
  ...['--pid', '--fork', '--kill-child', '--'],
];

const maker =
  (tree: string, build: string, kind: KernelImage['kind'], onLine: (line: string) => void) =>
  async (args: string[], env: Record<string, string> = {}): Promise<void> => {
    const made = execa(
      'setpriv',
      [
        ...ENDING_WITH_PARENT,
        'make',
        '-C',
        tree,
        `O=${build}`,
        `ARCH=${ARCHITECTURE[kind]}`,
        'LOCALVERSION=',
        ...args,
      ],
      { env, stdin: 'ignore', all: true, buffer: false, reject: false },
    );
    const last: string[] = [];
    createInterface({ input: made.all! }).on('line', (line) => {
      last.push(line);
      if (last.length > 20) last.shift();
      onLine(line);
    });
    const { exitCode, originalMessage } = await made;
    if (exitCode !== 0)
      throw new KernelUnavailable(
        `the kernel does not build:\n${last.join('\n') || originalMessage}`,
        'apt-get install build-essential flex bison bc libelf-dev libssl-dev',
      );
  };

/** kernels/NAME.config stands beside dist/. */
const configuration = (name: string): string =>
  join(programPath('lab-process.js'), '../..', 'kernels', `${name}.config`);

/** Options asked for that the configuration does not have: other sources know other options. Pure. */
export const lackingOptions = (wanted: string, configured: string): string[] => {
  const has = new Set(configured.split('\n'));
  return wanted
    .split('\n')
    .filter((line) => /^CONFIG_\w+=/.test(line) && !has.has(line))
    .map((line) => line.split('=')[0]!);
};

/** Debian's own sources, with its patches. */
const debianSource = async (release: string, scratch: string): Promise<string> => {
  const debian = await debianRelease(release);
  const packages = await debian.dependencies('linux-source', /^linux-source-\d/);
  await debian.unpack(packages, scratch);
  const folder = join(scratch, 'usr/src');
  const archive = readdirSync(folder).find((name) => /^linux-source-.*\.tar\.xz$/.test(name));
  if (!archive) throw new KernelUnavailable(`Debian ${release} has no linux-source`);
  await execa('tar', ['--extract', '--file', join(folder, archive), '--directory', scratch]);
  return join(scratch, archive.replace('.tar.xz', ''));
};
