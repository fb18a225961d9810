/** A kernel that labs run on: guests of it, one at a time, each for as long as it lives. */
import pLimit from 'p-limit';
import { type Kernel, KernelUnavailable } from '../suite/kernel.ts';
import { VIRTUAL_TIME } from '../suite/kernel-features.ts';
import { thisMachine } from '../suite/machine.ts';
import { LabLost, makeMeasure } from '../testbed/measure.ts';
import { type Measure, unmeasured } from '../testbed/measurement.ts';
import { accelerated } from './acceleration.ts';
import { modprobe } from './autoload.ts';
import { GUEST_FOLDER, INIT } from './boot-scripts.ts';
import { type Guest, SILENCE_MS, startGuest } from './guest.ts';
import { type GuestFiles, guestPath, packed } from './guest-files.ts';
import type { KernelImage } from './kernel-image.ts';
import { KVM_VIEW } from './kvm.ts';
import { FOR_QEMU, type Module, modulesForLabs, modulesNamed } from './modules.ts';
import { makeInitramfs, QEMU_CHANNEL, qemuCommand, requireQemu } from './qemu.ts';
import { hasVirtualTime, UML_CHANNEL, umlCommand } from './uml.ts';
import { runInVirtualTime } from './virtual-time.ts';

export interface KernelOptions {
  /** Lines of shell that each guest runs before its agent starts. */
  atBoot?: string;
  silenceMs?: number;
}

/** Boots a first guest, which says what kernel it is. @throws KernelUnavailable */
export const openKernel = async (image: KernelImage, options: KernelOptions = {}): Promise<Kernel> => {
  const boot = image.kind === 'uml' ? await umlBoot(image, options) : await qemuBoot(image, options);
  let guest = boot.start();
  // Whoever needs it hears of its failure; until then nobody may.
  const first = await guest.catch((error: unknown) => {
    throw error instanceof LabLost
      ? new KernelUnavailable(`${image.name} does not come up: ${error.message}\n${tail(error.console)}`)
      : error;
  });
  /** The one that lives, or a fresh one where the last has died. */
  const living = async (): Promise<Guest> => {
    const latest = guest;
    if (
      await latest.then(
        (one) => one.alive(),
        () => false,
      )
    )
      return latest;
    // Of several labs that find it dead the first starts the next.
    if (guest === latest) guest = boot.start();
    return guest;
  };
  const atOnce = pLimit(boot.atOnce);
  const measure = refusingUserLands(
    makeMeasure(async (order, onMessage, signal) =>
      order.plan.timers === 'virtual'
        ? runInVirtualTime(image)(order, onMessage, signal)
        : (await living()).runLab(order, onMessage, signal),
    ),
  );
  const virtual = image.kind === 'uml' && hasVirtualTime(image.file);
  return {
    name: image.name,
    release: first.release,
    how: boot.how,
    machine: {
      ...thisMachine,
      lackingFeatures: async (names) =>
        (await (await living()).lackingFeatures(names)).filter((name) => name !== VIRTUAL_TIME || !virtual),
      refusesSandbox: async () => undefined,
    },
    measure: (plan, options) => atOnce(() => measure(plan, options)),
    close: async () => {
      await guest.then(
        (one) => one.end(),
        () => {},
      );
    },
  };
};

/** A guest does not see the user lands of this machine yet. */
const refusingUserLands =
  (measure: Measure): Measure =>
  async (plan, options) =>
    plan.nodes.some(({ image, container }) => image !== undefined || container !== undefined)
      ? unmeasured({
          kind: 'machine',
          message: 'hosts in a guest have no user land or container of their own yet',
          remedy: '',
        })
      : measure(plan, options);

const tail = (console: string): string => console.split('\n').slice(-12).join('\n').trim();

interface Boot {
  how: string;
  /** Labs that it runs at once. */
  atOnce: number;
  start(): Promise<Guest>;
}

/**
 * Eight labs at once, each with a Node to start on the one emulated processor, did not say a word within 90 s on a busy
 * machine. One alone would leave it idle while it waits for packets.
 */
const EMULATED_AT_ONCE = 2;

/** Where the sandbox of a guest shows what it boots. */
const KERNEL = '/run/miflab-kernel';

const bootFiles = (modules: Module[], files: Omit<GuestFiles, 'init'>): Buffer =>
  packed({ init: INIT, modprobe: modprobe(GUEST_FOLDER, modules), ...files }, modules);

const umlBoot = async (
  image: KernelImage,
  { atBoot = '', silenceMs = SILENCE_MS }: KernelOptions,
): Promise<Boot> => {
  const modules = await modulesForLabs(image.modules);
  const files = bootFiles(modules, { channel: `${UML_CHANNEL}\n`, 'at-boot': atBoot });
  return {
    how: 'User-mode Linux',
    atOnce: Number.POSITIVE_INFINITY,
    start: () =>
      startGuest({
        name: image.name,
        command: umlCommand(image, KERNEL),
        files,
        view: ['--ro-bind', image.file, KERNEL],
        silenceMs,
      }),
  };
};

const qemuBoot = async (
  image: KernelImage,
  { atBoot = '', silenceMs = SILENCE_MS }: KernelOptions,
): Promise<Boot> => {
  requireQemu(image.name);
  const modules = await modulesForLabs(image.modules);
  const files = bootFiles(modules, {
    channel: `${QEMU_CHANNEL}\n`,
    'at-boot': atBoot,
    initramfs: await makeInitramfs(await modulesNamed(FOR_QEMU, image.modules)),
  });
  const { acceleration, how, file } = await accelerated(image.file);
  return {
    how,
    atOnce: acceleration === 'kvm' ? Number.POSITIVE_INFINITY : EMULATED_AT_ONCE,
    start: () =>
      startGuest({
        name: image.name,
        command: qemuCommand(acceleration, { kernel: KERNEL, initramfs: guestPath('initramfs') }),
        files,
        view: ['--ro-bind', file, KERNEL, ...KVM_VIEW],
        silenceMs,
      }),
  };
};
