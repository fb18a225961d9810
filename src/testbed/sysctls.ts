/** Kernel parameters of nodes. /proc/sys/net shows the namespace of the thread that opens it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Plan } from '../plan/plan.ts';
import { inNetwork } from '../sys/libc.ts';
import { LabFault } from './faults.ts';
import { networkPath } from './places.ts';

/** What parameters were before the lab set them, by node and key. */
export type Originals = Map<string, string>;

/** Of the parameters that a step puts back; asked before anything is set. A guest is asked when it is there. */
export const originalsOf = (plan: Plan): Originals =>
  new Map(
    plan.nodes
      .filter(({ name }) => !(plan.host.guest && name === plan.host.node))
      .flatMap(({ name }) =>
        originalKeys(plan, name).map((key): [string, string] => [`${name} ${key}`, readSysctl(name, key)]),
      ),
  );

/** The parameters of a node that a step puts back. */
export const originalKeys = ({ steps }: Plan, node: string): string[] =>
  steps.flatMap((step) =>
    step.kind === 'sysctl' && step.node === node
      ? step.sysctls.filter(([, value]) => value === null).map(([key]) => key)
      : [],
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
      refusedByKernel(node, `${key}=${value}`, () => writeFileSync(sysctlPath(key), value));
    }
  });

const HASH_SEED = '/proc/sys/net/ipv4/fib_multipath_hash_seed';

/** Kernels before 6.11 have a seed that nobody can set. */
export const setHashSeed = (node: string, seed: number): void =>
  inNetwork(networkPath(node), () => {
    if (existsSync(HASH_SEED)) writeFileSync(HASH_SEED, String(seed));
  });

/** The same as a command for another kernel; the script is a constant. */
export const hashSeedCommand = (seed: number): string[] => [
  '/bin/sh',
  '-c',
  '[ ! -e "$0" ] || echo "$1" > "$0"',
  HASH_SEED,
  String(seed),
];

const readSysctl = (node: string, key: string): string =>
  inNetwork(networkPath(node), () =>
    refusedByKernel(node, key, () => readFileSync(sysctlPath(key), 'utf8').trim()),
  );

const refusedByKernel = <T>(node: string, what: string, body: () => T): T => {
  try {
    return body();
  } catch (error) {
    throw new LabFault(`sysctl ${what} on ${node}: ${(error as NodeJS.ErrnoException).code}`);
  }
};

/** sysctl(8): with a slash in it the slashes separate, and the dots are part of the names. */
export const sysctlPath = (key: string): string =>
  `/proc/sys/${key.includes('/') ? key : key.replaceAll('.', '/')}`;
