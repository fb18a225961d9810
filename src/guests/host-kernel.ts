/**
 * A kernel for the host under test alone: each lab boots a guest of it, in its own sandbox, and all around the host
 * stays on the machine's kernel. Opened by a first boot, which says which kernel it is and what it lacks.
 */
import { BUILT, type Build } from '../clients/client.ts';
import { plannedBuild } from '../clients/index.ts';
import { type HostGuest, inGuest } from '../plan/host-guest.ts';
import { buildNeeds } from '../plan/needs.ts';
import type { Need, Plan, PlannedInterface } from '../plan/plan.ts';
import { installCommand } from '../suite/debian-packages.ts';
import { type Kernel, KernelUnavailable } from '../suite/kernel.ts';
import { thisMachine } from '../suite/machine.ts';
import { makeMeasure, runWithin } from '../testbed/measure.ts';
import type { Measure, Measurement } from '../testbed/measurement.ts';
import { limitsOf } from '../testbed/supervise.ts';
import { accelerated } from './acceleration.ts';
import { modprobe } from './autoload.ts';
import { keepBootFiles } from './boot-files.ts';
import {
  HAND_ORDERS_ON,
  HOST_BOOT_FOLDER,
  HOST_INIT,
  HOST_KERNEL_FILE,
  HOST_LINKS_FILE,
  HOST_NETWORK,
} from './boot-scripts.ts';
import { lastWords } from './console.ts';
import { firstBoot } from './first-boot.ts';
import { BOOT_MS } from './guest.ts';
import type { GuestFiles } from './guest-files.ts';
import type { KernelImage } from './kernel-image.ts';
import { KVM_VIEW } from './kvm.ts';
import { FOR_QEMU_HOST, modulesForLabs, modulesNamed } from './modules.ts';
import { makeInitramfs, QEMU_CHANNEL, qemuCards, qemuCommand, requireQemu } from './qemu.ts';
import { hasCards, UML_CHANNEL, umlCards, umlCommand } from './uml.ts';

/** What is asked within, and what carries frames there: made on the machine once, as clients are. */
const PROGRAMS: Build & { name: string } = {
  name: 'guest',
  programs: ['gcc'],
  headers: ['jansson.h'],
  sources: ['stacks/sockets.c', 'stacks/frames.c', 'stacks/messages.h'],
  command: [
    '/bin/sh',
    '-c',
    'gcc -O2 -Wall -pthread -o sockets sockets.c -ljansson && gcc -O2 -Wall -o frames frames.c',
  ],
  version: ['dpkg-query', '--show', 'gcc', 'libjansson-dev'],
};

export interface HostKernelOptions {
  /** Lines of shell that each guest runs before the host's links are made. */
  atBoot?: string;
  bootMs?: number;
}

/** @throws KernelUnavailable */
export const openHostKernel = async (
  image: KernelImage,
  { atBoot = '', bootMs = BOOT_MS }: HostKernelOptions = {},
): Promise<Kernel> => {
  requirePrograms(image.name);
  const { product, how, command, card, view } = await (image.kind === 'uml' ? umlGuest : qemuGuest)(
    image,
    atBoot,
  );
  const guest: HostGuest = {
    kernel: image.name,
    product,
    command: (interfaces) => [
      ...['/bin/sh', '-c', HAND_ORDERS_ON, 'sh', `${BUILT}/guest/frames`],
      ...interfaces.map(({ name }) => name),
      '--',
      ...command(interfaces),
    ],
    linksFile: HOST_LINKS_FILE,
    card,
    network: HOST_NETWORK,
    builds: [plannedBuild(PROGRAMS.name, PROGRAMS)],
    bootMs,
    lacking: [],
  };
  const measureAny = makeMeasure((order, onMessage, signal) =>
    runWithin(limitsOf(order.plan, false), view)(order, onMessage, signal),
  );
  const measure: Measure = async (plan, options) =>
    tellingDeath(plan, image.name, await measureAny(plan, options));
  const { release, lacking } = await firstBoot(guest, measure);
  return {
    name: `${image.name} (host alone)`,
    release,
    how: `the host alone in ${how}`,
    machine: thisMachine,
    planned: (plan) => inGuest(plan, { ...guest, lacking }),
    measure,
    close: async () => {},
  };
};

/** For doctor. */
export const hostKernelNeeds: Need[] = buildNeeds(PROGRAMS, 'the host alone on another kernel').map(
  (need) => ({
    ...need,
    optional: true,
  }),
);

const requirePrograms = (name: string): void => {
  const lacking = hostKernelNeeds.filter((need) =>
    need.kind === 'header' ? !thisMachine.hasHeader(need.name) : !thisMachine.hasProgram(need.name),
  );
  const names = lacking.map((need) => need.name);
  if (names.length > 0)
    throw new KernelUnavailable(
      `for the host alone in a guest of ${name} a program is made on this machine, which has no ${names.join(' and no ')}`,
      installCommand(names),
    );
};

interface GuestOfKind {
  /** What results say of it, short. */
  product: string;
  how: string;
  command(interfaces: PlannedInterface[]): string[];
  card(number: number): string;
  /** What the lab's sandbox shows besides, as arguments of bubblewrap. */
  view: string[];
}

const INIT = `${HOST_BOOT_FOLDER}/init`;

/** With all modules that a lab may ask for. */
const bootFiles = async (image: KernelImage, files: Omit<GuestFiles, 'init'>): Promise<string> => {
  const modules = await modulesForLabs(image.modules);
  return keepBootFiles({ init: HOST_INIT, modprobe: modprobe(HOST_BOOT_FOLDER, modules), ...files }, modules);
};

const umlGuest = async (image: KernelImage, atBoot: string): Promise<GuestOfKind> => {
  if (!hasCards(image.file))
    throw new KernelUnavailable(
      `${image.name} has no network cards (CONFIG_UML_NET_VECTOR), by which the host alone in a guest reaches its links`,
    );
  const folder = await bootFiles(image, { channel: `${UML_CHANNEL}\n`, 'at-boot': atBoot });
  return {
    product: 'User-mode Linux',
    how: 'User-mode Linux',
    command: (interfaces) =>
      umlCommand({ file: image.file, init: INIT }, HOST_KERNEL_FILE, umlCards(interfaces.length)),
    card: (number) => `vec${number}`,
    view: viewOf(image.file, folder),
  };
};

const qemuGuest = async (image: KernelImage, atBoot: string): Promise<GuestOfKind> => {
  requireQemu(image.name);
  const first = await modulesNamed(FOR_QEMU_HOST, image.modules);
  const folder = await bootFiles(image, {
    channel: `${QEMU_CHANNEL}\n`,
    'at-boot': atBoot,
    initramfs: await makeInitramfs(first, INIT, ['/bin/sh', '/sbin/ip']),
  });
  const { acceleration, how, file } = await accelerated(image.file);
  return {
    product: acceleration.toUpperCase(),
    how,
    command: (interfaces) => [
      ...qemuCommand(acceleration, {
        kernel: HOST_KERNEL_FILE,
        initramfs: `${HOST_BOOT_FOLDER}/initramfs`,
      }),
      ...qemuCards(interfaces.length),
    ],
    card: (number) => `eth${number}`,
    view: [...viewOf(file, folder), ...KVM_VIEW],
  };
};

const viewOf = (file: string, folder: string): string[] => [
  ...['--ro-bind', folder, HOST_BOOT_FOLDER],
  ...['--ro-bind', file, HOST_KERNEL_FILE],
];

/** A guest that died or hangs under a lab: the line that says why, and its console. */
const tellingDeath = (plan: Plan, kernel: string, measurement: Measurement): Measurement => {
  const { timeline, failure } = measurement;
  if (!failure) return measurement;
  const console = timeline
    .flatMap((event) =>
      event.kind === 'log' && event.daemon === plan.host.foreign && event.stream === 'stderr'
        ? [event.text]
        : [],
    )
    .join('\n');
  if (failure.kind !== 'daemon' || failure.daemon !== plan.host.foreign) return { ...measurement, console };
  const died = timeline.some(
    (event) => event.kind === 'daemon' && event.daemon === plan.host.foreign && event.what === 'exited',
  );
  const message = died
    ? `the guest ${kernel} died: ${lastWords(console) ?? failure.message}`
    : failure.message;
  return { ...measurement, console, failure: { kind: 'evidence', message } };
};
