/** What a command and all that descends from it use: processor time and memory. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { LAB_VARIABLE } from '../src/sys/sandbox.ts';

/**
 * Processor seconds of a command with all its descendants: of a control group of its own where one can be made
 * (as root), else of the whole machine. The processes of a lab are reaped in their own pid namespace, so the times
 * of a process's children do not have them.
 */
export const processorSeconds = (command: string[]): { seconds: number; of: 'command' | 'machine' } => {
  const group = makeGroup();
  if (!group) {
    const before = machineSeconds();
    run(command);
    return { seconds: machineSeconds() - before, of: 'machine' };
  }
  try {
    run(['/bin/sh', '-c', 'echo $$ >"$0/cgroup.procs" && exec "$@"', group, ...command]);
    return { seconds: groupSeconds(group), of: 'command' };
  } finally {
    rmdirSync(group);
  }
};

const run = ([file, ...args]: string[]): void => void execFileSync(file!, args, { stdio: 'ignore' });

/** Version 1 counts in a tree of its own, version 2 in every group. */
const ROOTS = ['/sys/fs/cgroup/cpuacct', '/sys/fs/cgroup'];

const makeGroup = (): string | undefined => {
  const root = ROOTS.find((path) => existsSync(`${path}/cgroup.procs`));
  if (!root) return undefined;
  const group = `${root}/miflab-bench-${process.pid}`;
  try {
    mkdirSync(group);
    return group;
  } catch {
    return undefined;
  }
};

const groupSeconds = (group: string): number =>
  existsSync(`${group}/cpuacct.usage`)
    ? Number(readFileSync(`${group}/cpuacct.usage`, 'utf8')) / 1e9
    : Number(/usage_usec (\d+)/.exec(readFileSync(`${group}/cpu.stat`, 'utf8'))![1]) / 1e6;

const machineSeconds = (): number =>
  cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000;

/**
 * Megabytes of each running lab: the proportional set size of its processes, pages shared with others counted in
 * proportion (proc(5), smaps_rollup).
 */
export const megabytesOfLabs = (): { labs: number; megabytes: number } => {
  const sandboxes = megabytesOf((pid) =>
    readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`${LAB_VARIABLE}=`),
  );
  const sizes = [...sandboxes.values()].map(({ megabytes }) => megabytes);
  return { labs: sizes.length, megabytes: Math.max(0, ...sizes) };
};

/** Megabytes of all processes of the user land in which a program of this name runs; 0 where there is none. */
export const megabytesBeside = (program: string): number =>
  [...megabytesOf(() => true).values()].find(({ programs }) => programs.includes(program))?.megabytes ?? 0;

/** Of the processes in pid namespaces below this one, by namespace. */
const megabytesOf = (
  counts: (pid: string) => boolean,
): Map<string, { megabytes: number; programs: string[] }> => {
  const namespaces = new Map<string, { megabytes: number; programs: string[] }>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!counts(pid)) continue;
      const within = readFileSync(`/proc/${pid}/status`, 'utf8').match(/^NSpid:.*$/m)![0];
      if (within.split(/\s+/).length < 3) continue;
      const [, kilobytes] = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))!;
      const namespace = pidNamespace(pid);
      const { megabytes, programs } = namespaces.get(namespace) ?? { megabytes: 0, programs: [] };
      namespaces.set(namespace, {
        megabytes: megabytes + Number(kilobytes) / 1024,
        programs: [...programs, readFileSync(`/proc/${pid}/comm`, 'utf8').trim()],
      });
    } catch {
      // It ended while it was looked at.
    }
  }
  return namespaces;
};

const pidNamespace = (pid: string): string => readlinkSync(`/proc/${pid}/ns/pid`);
