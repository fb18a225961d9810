/** What runs of miflab could leave on a machine: processes, namespaces, links, mounts, files, changed tables. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

const NAMESPACES = ['user', 'net', 'mnt', 'pid', 'uts', 'ipc'];

const orNothing = <T>(read: () => T, nothing: T): T => {
  try {
    return read();
  } catch {
    return nothing;
  }
};

/** All but zombies: those have ended, and wait for the machine's init, which may look for them every two seconds. */
export const allProcesses = (): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => stateOf(pid) !== 'Z');

const stateOf = (pid: string): string | undefined =>
  orNothing(() => /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1], 'Z');

/** Processes whose environment or arguments have the marker; the environment is what a program was started with. */
export const processesOf = (marker: string): string[] =>
  allProcesses().filter((pid) =>
    ['environ', 'cmdline'].some((file) =>
      orNothing(() => readFileSync(`/proc/${pid}/${file}`, 'latin1'), '').includes(marker),
    ),
  );

/** The namespaces that these processes are in: 'net:[4026531840]'. */
export const namespacesOf = (pids: string[]): Set<string> =>
  new Set(
    pids.flatMap((pid) =>
      NAMESPACES.flatMap((kind) => orNothing(() => readlinkSync(`/proc/${pid}/ns/${kind}`), '') || []),
    ),
  );

/** Everything in a folder, at any depth. */
export const filesIn = (folder: string): string[] =>
  orNothing(() => readdirSync(folder, { recursive: true, encoding: 'utf8' }), []).map((name) =>
    join(folder, name),
  );

/** Counters and lifetimes that pass by themselves. */
const VOLATILE = /"(valid_life_time|preferred_life_time|expires|age|used)":\d+,?/g;
const COUNTERS = /^net\.netfilter\.nf_conntrack_count|^net\.ipv4\.tcp_(fastopen_key|mem)/;

const TABLES = [
  ['addr'],
  ['link'],
  ['-4', 'route', 'show', 'table', 'all'],
  ['-6', 'route', 'show', 'table', 'all'],
  ['-4', 'rule'],
  ['-6', 'rule'],
];

/** Others mount in temporary folders of theirs. */
const isNobodyElses = (mount: string): boolean =>
  !mount.includes(` ${tmpdir()}/`) || mount.includes('miflab');

/** The machine's own links, addresses, routes, rules, network sysctls and mounts, each with its name. */
export const machineState = async (): Promise<Record<string, unknown>> => {
  const tables = await Promise.all(
    TABLES.map(async (words) => {
      const { stdout } = await execa('ip', ['-j', ...words], { reject: false });
      return [`ip ${words.join(' ')}`, stdout.replaceAll(VOLATILE, '')];
    }),
  );
  const { stdout } = await execa('sysctl', ['-a', '--pattern', '^net\\.'], {
    reject: false,
    stderr: 'ignore',
  });
  return {
    ...Object.fromEntries(tables),
    sysctls: stdout.split('\n').filter((line) => !COUNTERS.test(line)),
    mounts: readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter(isNobodyElses),
    namedNetworks: orNothing(() => readdirSync('/run/netns'), []),
  };
};
