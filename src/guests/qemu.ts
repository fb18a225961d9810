/** A QEMU guest: any kernel for this architecture. Its root file system is the sandbox's, by 9p. */
import { readFileSync } from 'node:fs';
import { KernelUnavailable } from '../suite/kernel.ts';
import { runProgram } from '../sys/program.ts';
import { INITRAMFS_INIT } from './boot-scripts.ts';
import { type CpioFile, cpioArchive } from './cpio.ts';
import { moduleFile } from './guest-files.ts';
import type { Module } from './modules.ts';

export type Acceleration = 'kvm' | 'tcg';

/** Node's pipes are sockets, which cannot be opened by name as QEMU does. The script is a constant. */
const STANDARD_ERROR_AS_PIPE = '{ "$@" 2>&1 1>&3 | cat >&2; } 3>&1';

const MEMORY = '1024';

/** The kernel on a machine with a console, which goes to standard error, and nothing else. */
export const emulator = (acceleration: Acceleration, kernel: string): string[] => [
  '/bin/sh',
  '-c',
  STANDARD_ERROR_AS_PIPE,
  'sh',
  'qemu-system-x86_64',
  '-accel',
  acceleration,
  '-cpu',
  acceleration === 'kvm' ? 'host' : 'max',
  '-m',
  MEMORY,
  '-nodefaults',
  '-no-user-config',
  '-display',
  'none',
  '-no-reboot',
  '-chardev',
  'file,id=console,path=/dev/stderr',
  '-serial',
  'chardev:console',
  '-kernel',
  kernel,
];

/** The console goes to standard error; the channel, a virtio port, is standard input and output. */
export const qemuCommand = (
  acceleration: Acceleration,
  { kernel, initramfs }: { kernel: string; initramfs: string },
): string[] => [
  ...emulator(acceleration, kernel),
  '-initrd',
  initramfs,
  '-append',
  'console=ttyS0 oops=panic panic=-1 loglevel=4',
  '-device',
  'virtio-serial-pci',
  '-chardev',
  'stdio,id=channel,signal=off',
  '-device',
  'virtserialport,chardev=channel',
  '-device',
  'virtio-rng-pci',
  '-fsdev',
  'local,id=root,path=/,readonly=on,security_model=none,multidevs=remap',
  '-device',
  'virtio-9p-pci,fsdev=root,mount_tag=root',
];

export const QEMU_CHANNEL = '/dev/vport0p1';

const FOLDERS = ['bin', 'dev', 'lib', 'lib64', 'modules', 'proc', 'root', 'sys'];

/** busybox with the libraries that it loads, the modules, and the script that mounts the root file system. */
export const makeInitramfs = async (modules: Module[]): Promise<Buffer> => {
  const { code, output } = await runProgram(['ldd', BUSYBOX]);
  const libraries = code === 0 ? [...output.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path!) : [];
  const folders = new Set([...FOLDERS, ...libraries.flatMap(foldersAbove)]);
  const files: CpioFile[] = [
    ...[...folders].map((path) => ({ path })),
    ...libraries.map((path) => program(path, path.slice(1))),
    program(BUSYBOX, 'bin/busybox'),
    { path: 'init', content: Buffer.from(INITRAMFS_INIT), executable: true },
    ...modules.map(({ name, content }, index) => ({ path: `modules/${moduleFile(name, index)}`, content })),
  ];
  return cpioArchive(files);
};

const BUSYBOX = '/bin/busybox';

const program = (from: string, path: string): CpioFile => {
  try {
    return { path, content: readFileSync(from), executable: true };
  } catch {
    throw new KernelUnavailable(`${from} is missing: a guest starts with it`, 'apt-get install busybox');
  }
};

/** /lib/x86_64-linux-gnu/libc.so.6 → lib, lib/x86_64-linux-gnu */
const foldersAbove = (path: string): string[] =>
  path
    .slice(1)
    .split('/')
    .slice(0, -1)
    .map((_, index, parts) => parts.slice(0, index + 1).join('/'));
