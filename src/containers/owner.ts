/** Whose a container is: a process of this machine, told apart from a later one that has the same number. */
import { readFileSync, readlinkSync } from 'node:fs';

export const OWNER_LABEL = 'miflab.owner';
export const RUN_LABEL = 'miflab.run';

/** Of this process: its number, its start, and the boot and the pid namespace within which both mean something. */
export const ownOwner = (): string => [process.pid, startOf(process.pid), ...whereNumbersMean()].join(' ');

/** Undefined where it cannot be told: of a process in another pid namespace. */
export const isGone = (owner: string): boolean | undefined => {
  const [pid, start, boot, namespace] = owner.split(' ');
  const [ownBoot, ownNamespace] = whereNumbersMean();
  if (boot !== ownBoot) return true;
  if (namespace !== ownNamespace) return undefined;
  return startOf(Number(pid)) !== start;
};

const whereNumbersMean = (): [boot: string, namespace: string] => [
  readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
  readlinkSync('/proc/self/ns/pid'),
];

/** Clock ticks since the boot, field 22 of proc(5)'s stat; the name before it may hold spaces and parentheses. */
const startOf = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
};
