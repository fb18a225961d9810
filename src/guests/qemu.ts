/** A QEMU guest: any kernel for this architecture. Its root file system is the sandbox's, by 9p. */
import { readFileSync, realpathSync } from 'node:fs';
import { KernelUnavailable } from '../suite/kernel.ts';
import { thisMachine } from '../suite/machine.ts';
import { runProgram } from '../sys/program.ts';
import { type BootFile, initramfsInit } from './boot-scripts.ts';
import { cardDescriptor, cardMac } from './cards.ts';
import { type CpioFile, cpioArchive } from './cpio.ts';
import { guestPath } from './guest-files.ts';
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

const KERNEL_COMMAND_LINE = 'console=ttyS0 oops=panic panic=-1 loglevel=4';

/**
 * no_timer_check: an emulated kernel that gets no processor for some milliseconds takes its timer for broken, and
 * panics (5.10 did, where 30 processes wanted two processors). The others save it processor time, of 19 s until labs
 * can run: acpi=noirq 1 to 2 s (each device asks ACPI's programs for its interrupt), mitigations=off 2 s (there is no
 * speculation to be guarded against), cryptomgr.notests one. Without ACPI as a whole there is no clock to measure the
 * processor's by: on a busy machine time then goes in ticks of 4 ms, and packets of one tick have no order.
 */
const EMULATED = 'no_timer_check acpi=noirq mitigations=off cryptomgr.notests';

/** The console goes to standard error; the channel, a virtio port, is standard input and output. */
export const qemuCommand = (
  acceleration: Acceleration,
  { kernel, initramfs }: { kernel: string; initramfs: string },
): string[] => [
  ...emulator(acceleration, kernel),
  '-initrd',
  initramfs,
  '-append',
  acceleration === 'kvm' ? KERNEL_COMMAND_LINE : `${KERNEL_COMMAND_LINE} ${EMULATED}`,
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

/** Network cards on the descriptors that frames.c gives, in their order; without the program to boot from them. */
export const qemuCards = (count: number): string[] =>
  Array.from({ length: count }, (_, number) => [
    '-netdev',
    `socket,id=link${number},fd=${cardDescriptor(number)}`,
    '-device',
    `virtio-net-pci,netdev=link${number},mac=${cardMac(number)},romfile=`,
  ]).flat();

/** @throws KernelUnavailable */
export const requireQemu = (kernel: string): void => {
  if (!thisMachine.hasProgram('qemu-system-x86_64'))
    throw new KernelUnavailable(
      `${kernel} runs in QEMU, which is not installed`,
      'apt-get install qemu-system-x86',
    );
};

export const QEMU_CHANNEL = '/dev/vport0p1';

const FOLDERS = ['bin', 'dev', 'lib', 'lib/modules', 'lib64', 'modules', 'proc', 'root', 'sys'];

/**
 * busybox and other programs with the libraries that they load, the modules, and the script that mounts the root file
 * system and goes on to `init` there.
 */
export const makeInitramfs = async (
  modules: Module[],
  init = guestPath('init'),
  programs: string[] = [],
): Promise<Buffer> => {
  const all = [BUSYBOX, ...programs];
  const { output } = await runProgram(['ldd', ...all]);
  const libraries = [...output.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path!);
  const paths = [...new Set([...all, ...libraries])];
  const folders = new Set([...FOLDERS, ...paths.flatMap(foldersAbove)]);
  const files: CpioFile[] = [
    ...[...folders].map((path) => ({ path })),
    ...paths.map(programFile),
    { path: 'init', content: Buffer.from(initramfsInit(init, paths.map(bootFile))), executable: true },
    ...modules.map(({ name, content }) => ({ path: `modules/${name}.ko`, content })),
    {
      path: 'modules/modules.dep',
      content: Buffer.from(modules.map(({ name }) => `${name}.ko:\n`).join('')),
    },
    { path: 'modules/order', content: Buffer.from(modules.map(({ name }) => name).join('\n')) },
  ];
  return cpioArchive(files);
};

const BUSYBOX = '/bin/busybox';

/** The loader is a link with an absolute path, which would end in the initramfs while that is the root. */
const bootFile = (path: string): BootFile => ({ path, target: realpathSync(path) });

const programFile = (path: string): CpioFile => {
  try {
    return { path: path.slice(1), content: readFileSync(path), executable: true };
  } catch {
    throw new KernelUnavailable(`${path} is missing: a guest starts with it`, 'apt-get install busybox');
  }
};

/** /lib/x86_64-linux-gnu/libc.so.6 → lib, lib/x86_64-linux-gnu */
const foldersAbove = (path: string): string[] =>
  path
    .slice(1)
    .split('/')
    .slice(0, -1)
    .map((_, index, parts) => parts.slice(0, index + 1).join('/'));
