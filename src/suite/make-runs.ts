/** From labs to the runs that they ask for. Pure. */
import type { Path } from '../lab/problem.ts';
import type { Lab } from '../lab/schema.ts';
import type { Plan, Timers } from '../plan/plan.ts';
import { type KernelInfo, thisKernel } from './kernel.ts';
import type { Position, RunInfo } from './results.ts';
import type { Run } from './run.ts';
import { HOST_KERNEL, unusual } from './setting.ts';

/** A lab file that was read without a mistake. */
export interface LoadedLab {
  name: string;
  /** Relative to the working directory. */
  file: string;
  lab: Lab;
  /** Where a part of the lab stands in its file: ['expect', 'web']. */
  positionOf(path: Path): Position;
}

/** One way in which a lab is run: itself, one of its orders, one of its controls. */
export interface Variant {
  kind: RunInfo['kind'];
  /** '' for the lab itself, 'control 1', 'order wifi, lte'. */
  name: string;
  lab: Lab;
  /** Where its expectations stand in the file: ['control', 0, 'expect']. */
  expectAt: Path;
  /** For each step of the lab its place in the file. */
  steps: Path[];
}

export interface MakeRunsOptions {
  timers: Timers;
  /** Undefined: the stack that each lab names, else the kernel's own. */
  stacks?: string[];
  /** The whole name of a stack, with the user land that it lives in where none is named. */
  wholeStackName(name: string): string;
  /** Undefined: the machine's own. */
  kernels?: KernelInfo[];
  /** Whether the kernels were asked for; else labs in virtual time run on those of guests alone, and all others on the machine's own. */
  asked?: boolean;
  variantsOf(loaded: LoadedLab): Variant[];
  planOf(loaded: LoadedLab, variant: Variant, stack: string, timers: Timers): Plan;
}

/** Every run of these labs: each lab on each stack and kernel, in each order and with each control. */
export const makeRuns = (labs: LoadedLab[], options: MakeRunsOptions): Run[] =>
  labs.flatMap((loaded) =>
    (options.stacks ?? [loaded.lab.stack ?? 'kernel'])
      .map(options.wholeStackName)
      .flatMap((stack) =>
        kernelsFor(loaded, options).flatMap((kernel) =>
          options.variantsOf(loaded).map((variant) => makeRun(loaded, variant, stack, kernel, options)),
        ),
      ),
  );

function kernelsFor(
  { lab }: LoadedLab,
  { kernels = [thisKernel], asked, timers }: MakeRunsOptions,
): KernelInfo[] {
  if (asked || kernels.length === 1) return kernels;
  const isVirtual = (lab.timers ?? timers) === 'virtual';
  return kernels.filter(({ name }) => isVirtual !== (name === HOST_KERNEL));
}

function makeRun(
  loaded: LoadedLab,
  variant: Variant,
  stack: string,
  kernel: KernelInfo,
  options: MakeRunsOptions,
): Run {
  const timers = loaded.lab.timers ?? options.timers;
  const plan = options.planOf(loaded, variant, stack, timers);
  return {
    lab: variant.lab,
    plan: { ...(kernel.planned?.(plan) ?? plan), kernel: kernel.name },
    info: infoOf(loaded, variant, { stack, kernel: kernel.name, release: kernel.release, timers }),
  };
}

function infoOf(
  { name, file, lab, positionOf }: LoadedLab,
  variant: Variant,
  setting: Pick<RunInfo, 'stack' | 'kernel' | 'release' | 'timers'>,
): RunInfo {
  const parts = [name, variant.name, ...unusual(setting)].filter(Boolean);
  const positions = [
    ['', positionOf([])] as const,
    ...Object.keys(variant.lab.expect).map(
      (probe) => [probe, positionOf([...variant.expectAt, probe])] as const,
    ),
  ];
  return {
    id: parts.join(' · '),
    lab: name,
    file,
    title: lab.title,
    topic: lab.topic,
    level: lab.level,
    source: [lab.source].flat(),
    kind: variant.kind,
    variant: variant.name,
    ...setting,
    positions: Object.fromEntries(positions),
  };
}
