/** Kernel parameters of nodes. /proc/sys/net shows the namespace of the thread that opens it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Plan } from '../plan/plan.ts';
import { inNetwork } from '../sys/libc.ts';
import { LabFault } from './faults.ts';
import { networkPath } from './places.ts';

/** What parameters were before the lab set them, by node and key. */
export type Originals = Map<string, string>;

/** Of the parameters that a step puts back; asked before anything is set. */
export const originalsOf = ({ steps }: Plan): Originals =>
  new Map(
    steps.flatMap((step) =>
      step.kind === 'sysctl'
        ? step.sysctls
            .filter(([, value]) => value === null)
            .map(([key]): [string, string] => [`${step.node} ${key}`, readSysctl(step.node, key)])
        : [],
    ),
  );

/** Null stands for what the parameter was before. */
export const setSysctls = (
  node: string,
  sysctls: [key: string, value: string | null][],
  originals: Originals = new Map(),
): void =>
  inNetwork(networkPath(node), () => {
    for (const [key, stated] of sysctls) {
      const value = stated ?? originals.get(`${node} ${key}`)!;
      refusedByKernel(node, `${key}=${value}`, () => writeFileSync(pathOf(key), value));
    }
  });

/** Kernels before 6.11 have a seed that nobody can set. */
export const setHashSeed = (node: string, seed: number): void =>
  inNetwork(networkPath(node), () => {
    const path = pathOf('net.ipv4.fib_multipath_hash_seed');
    if (existsSync(path)) writeFileSync(path, String(seed));
  });

const readSysctl = (node: string, key: string): string =>
  inNetwork(networkPath(node), () =>
    refusedByKernel(node, key, () => readFileSync(pathOf(key), 'utf8').trim()),
  );

const refusedByKernel = <T>(node: string, what: string, body: () => T): T => {
  try {
    return body();
  } catch (error) {
    throw new LabFault(`sysctl ${what} on ${node}: ${(error as NodeJS.ErrnoException).code}`);
  }
};

/** sysctl(8): with a slash in it the slashes separate, and the dots are part of the names. */
const pathOf = (key: string): string => `/proc/sys/${key.includes('/') ? key : key.replaceAll('.', '/')}`;
