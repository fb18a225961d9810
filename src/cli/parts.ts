import type { Lab } from '../lab/schema.ts';
import type { Kernel } from '../suite/kernel.ts';
import type { LoadedLab, MakeRunsOptions } from '../suite/make-runs.ts';
import type { Machine } from '../suite/needs.ts';
import type { StackPractice } from '../suite/practice-files.ts';
import type { OrderFinding, RunRecord } from '../suite/results.ts';
import type { Laboratory } from '../suite/run.ts';

/** What the commands need from the rest of miflab: the real ones are in laboratory.ts; tests give their own. */
export interface Parts extends Pick<MakeRunsOptions, 'variantsOf' | 'planOf' | 'wholeStackName'> {
  /** A lab, or what is wrong with its file, ready to be printed. */
  readLab(file: string): Promise<ReadLab>;
  stacks: string[];
  /** Those that are built. */
  userLands(): string[];
  machine: Machine;
  laboratory: Laboratory;
  /** Boots a guest of a kernel. @throws KernelUnavailable */
  openKernel(name: string, modules?: string): Promise<Kernel>;
  /** A kernel for the host under test alone. @throws KernelUnavailable */
  openHostKernel(name: string, modules?: string): Promise<Kernel>;
  /** Kernels that need no fetching, as --kernel names them. */
  kernelsThere(): string[];
  /** Which version a kernel is, without booting it. @throws KernelUnavailable */
  kernelVersion(name: string): Promise<string>;
  /** Builds User-mode Linux of a tree of sources: what --kernel names it. @throws KernelUnavailable */
  buildKernel(tree: string): Promise<string>;
  /** The kernel on which labs with virtual timers run where none is asked for; undefined where there is none. */
  virtualTimeKernel(): string | undefined;
  /** For a stack on a kernel of this release. */
  practiceOf(stack: string, release: string): StackPractice;
  compareOrders(records: RunRecord[]): OrderFinding[];
}

export type ReadLab = { lab: Lab; positionOf: LoadedLab['positionOf'] } | { mistakes: string };
