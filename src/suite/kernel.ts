/** A kernel that labs are run on: the machine's own, or that of guests. */
import { release } from 'node:os';
import type { Plan } from '../plan/plan.ts';
import type { Measure } from '../testbed/measurement.ts';
import type { Machine } from './needs.ts';
import { HOST_KERNEL } from './setting.ts';

export interface KernelInfo {
  /** As --kernel names it. */
  name: string;
  /** As uname says it: what practice is recorded for. */
  release: string;
  /** 'this machine', 'User-mode Linux', 'QEMU, emulated (TCG): …', 'QEMU with KVM'. */
  how: string;
  /** What a plan becomes on it; left out: it stays as it is. Pure. */
  planned?(plan: Plan): Plan;
}

/** The machine's own. */
export const thisKernel: KernelInfo = { name: HOST_KERNEL, release: release(), how: 'this machine' };

export interface Kernel extends KernelInfo {
  machine: Machine;
  measure: Measure;
  /** Ends its guests. */
  close(): Promise<void>;
}

/** No such kernel, or the machine lacks what runs it. */
export class KernelUnavailable extends Error {
  /** The command that gets what is missing; '' where there is none. */
  readonly remedy: string;
  constructor(message: string, remedy = '') {
    super(message);
    this.remedy = remedy;
  }
}
