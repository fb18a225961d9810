/**
 * The sandbox of one lab: user, network, mount, pid, uts and ipc namespaces of its own, made by unshare(1) and
 * bubblewrap, the same for root and for an ordinary user.
 *
 * It dies with its parent twice over. unshare, and the first process of the pid namespace with it, get SIGKILL at
 * the parent's death (PR_SET_PDEATHSIG), and the kernel ends whatever else is in that namespace; this holds before
 * the parent says that the sandbox may go on. And the process within ends when its standard input does.
 */
import { existsSync, lstatSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type ExecaError, execa } from 'execa';
import { idMapping, writeIdMaps } from './user-ids.ts';

/** Where the sandbox shows miflab's own program and the Node that runs it. */
export const PROGRAM_FOLDER = '/run/miflab-program';
const NODE = '/run/miflab-node';
/** Where it shows user lands. */
export const IMAGE_FOLDER = '/run/miflab-images';
/** Names the lab in the environment of its processes. */
export const LAB_VARIABLE = 'MIFLAB_LAB';
/** The mark of a lab that `up` keeps: by it `exec` and `capture` find its process. */
export const UP_VARIABLE = 'MIFLAB_UP';
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface SandboxOptions {
  /** The bundled program to run with Node, in a folder that becomes visible inside. */
  program: string;
  lab: string;
  /** It stays up for `exec` and `capture`, with this mark. */
  keep: string | false;
  modules: string;
  /** User lands of its hosts: name to folder. */
  images: Record<string, string>;
  /** Runs inside in place of the program. */
  command?: string[];
  /** More to see inside, as arguments of bubblewrap. */
  view?: string[];
}

/** The running sandbox, wrapped: a subprocess of execa is itself a promise of its end. */
export const startSandbox = async ({
  program,
  lab,
  keep,
  modules,
  images,
  command = programInside(basename(program)),
  view = [],
}: SandboxOptions): Promise<{ sandbox: MappedProgram }> => {
  const { started } = await startMapped([
    // bubblewrap looks up its child in /proc, by the number that it has in the pid namespace of the sandbox.
    ...['unshare', '--mount-proc', '--'],
    ...bubblewrap(dirname(program), modules, images),
    ...['--setenv', LAB_VARIABLE, lab],
    ...(keep ? ['--setenv', UP_VARIABLE, keep] : []),
    ...view,
    '--',
    '/bin/sh',
    '-c',
    LOCK,
    'sh',
    ...command,
  ]);
  return { sandbox: started };
};

/**
 * A lab is root of its namespaces and could mount what bubblewrap shows read-only for writing: what its own user
 * may write on the machine, miflab itself above all. In a user namespace below, with the same ids, the kernel
 * locks every mount as it is (mount_namespaces(7)). Its id maps are written from above: one side of the pipe
 * waits for them, the other writes them. Nothing in there has CAP_SYS_PTRACE, so that no program of the lab can reach
 * into the lab process, which speaks for it. A lab also has an end of processes, of which only its own count: more
 * than the largest needs, or what the machine allows where that is less. The script is a constant.
 */
const LOCK = `
prlimit --pid $$ --nproc=8192 2> /dev/null
ulimit -c 0
exec 4<&0
mkfifo /run/locking
same() { while read -r first _ size; do echo "$first $first $size"; done < "/proc/self/$1"; }
{ read -r pid < /run/locking && uids=$(same uid_map) && gids=$(same gid_map) &&
  echo "$uids" > "/proc/$pid/uid_map" && echo "$gids" > "/proc/$pid/gid_map" && echo; } |
unshare --user --keep-caps --mount --net --uts --ipc -- /bin/sh -c '
  echo $$ > /run/locking; read -r _ || exit 1; rm /run/locking
  exec setpriv --inh-caps=-sys_ptrace --ambient-caps=-sys_ptrace --bounding-set=-sys_ptrace "$@" <&4 4<&-' sh "$@"
`;

/** Starts a program as the root of new user and pid namespaces with the ids that a lab has. */
export const startMapped = async (command: string[]): Promise<{ started: MappedProgram }> => {
  const mapping = idMapping();
  const started = spawnWaiting([
    'setpriv',
    '--reuid',
    '0',
    '--regid',
    '0',
    mapping === 'range' ? '--clear-groups' : '--keep-groups',
    // A change of user takes the signal back.
    '--pdeathsig',
    'KILL',
    ...command,
  ]);
  await firstOutput(started);
  try {
    await writeIdMaps(started.pid!, mapping);
  } catch (error) {
    // It waits for its ids, and would for ever.
    started.kill('SIGKILL');
    throw new SandboxRefused(
      `no user ids for it: ${(error as ExecaError).stderr || (error as Error).message}`,
    );
  }
  started.stdin.write('\n');
  return { started };
};

export type MappedProgram = ReturnType<typeof spawnWaiting>;

/** The command that runs another of miflab's programs inside a sandbox. */
export const programInside = (name: string): string[] => [NODE, `${PROGRAM_FOLDER}/${name}`];

/**
 * The command that runs another one as root of the sandbox that a process is in, with an environment of its own:
 * what the caller's has, NODE_OPTIONS for one, is not for a program inside.
 */
export const enterSandbox = (pid: number, command: string[], more: Record<string, string> = {}): string[] => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const parent = /^PPid:\s+(\d+)$/m.exec(status)![1]!;
  const pidWithin = /^NSpid:.*\s(\d+)$/m.exec(status)![1]!;
  const environment = { PATH, LANG: 'C.UTF-8', HOME: '/root', TERM: process.env.TERM ?? 'dumb', ...more };
  return [
    // Its parent is where the pid namespace belongs to, and only from there can one get into it.
    ...enter(parent, ['user', 'mount', 'pid']),
    ...enter(pidWithin, ['user', 'mount', 'net', 'uts', 'ipc']),
    'env',
    '--ignore-environment',
    ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    ...command,
  ];
};

const enter = (pid: string, namespaces: string[]): string[] => [
  'nsenter',
  `--target=${pid}`,
  ...namespaces.map((namespace) => `--${namespace}`),
  // A user is root within as whom they are; with a single id nothing can be set, not even groups.
  ...(process.getuid!() === 0 ? ['--setuid=0', '--setgid=0'] : ['--preserve-credentials']),
  // Not --wd: that is the root of the machine, opened before the namespaces are entered.
  '--wdns=/',
  '--',
];

/** The id maps are written from outside once the user namespace is there; until then the shell waits. */
const spawnWaiting = (enter: string[]) =>
  execa(
    'setpriv',
    [
      '--pdeathsig',
      'KILL',
      'unshare',
      '--user',
      '--keep-caps',
      '--pid',
      '--fork',
      '--kill-child',
      '--',
      '/bin/sh',
      '-c',
      'echo mapped; read -r _ || exit 1; exec "$@"',
      'sh',
      ...enter,
    ],
    {
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'pipe',
      buffer: false,
      reject: false,
      cleanup: true,
      forceKillAfterDelay: false,
    },
  );

/** Rejects with what unshare said where the machine forbids user namespaces. */
const firstOutput = (sandbox: MappedProgram): Promise<void> =>
  new Promise((resolve, reject) => {
    let errors = '';
    const collect = (chunk: Buffer) => {
      errors += chunk;
    };
    sandbox.stderr.on('data', collect);
    sandbox.stdout.once('data', () => {
      sandbox.stdout.pause();
      sandbox.stderr.off('data', collect);
      resolve();
    });
    sandbox.once('exit', () => reject(new SandboxRefused(errors.trim())));
    sandbox.once('error', (error) => reject(new SandboxRefused(error.message)));
  });

/** The machine gives no user namespace: said with what it said. */
export class SandboxRefused extends Error {}

/**
 * The first of these files' folders that the ids of a lab may not pass: as root a lab has ids of nobody, who
 * sees no more than any other user. An ordinary user's labs see what the user sees.
 */
export const closedFolder = (files: string[]): string | undefined =>
  process.getuid!() === 0
    ? files.flatMap(foldersAbove).find((folder) => !(statSync(folder).mode & 0o001))
    : undefined;

const foldersAbove = (path: string): string[] => {
  const folder = dirname(path);
  return folder === path ? [] : [...foldersAbove(folder), folder];
};

/** A folder in memory, which a lab cannot fill beyond so many megabytes. */
const memory = (path: string, megabytes: number): string[] => [
  '--size',
  String(megabytes << 20),
  '--tmpfs',
  path,
];

const bubblewrap = (folder: string, modules: string, images: Record<string, string>): string[] => {
  // Where /bin and /lib are links into /usr, they are links inside too.
  const systemFolders = ['/bin', '/sbin', '/lib', '/lib64', '/lib32']
    .filter((path) => existsSync(path))
    .flatMap((path) =>
      lstatSync(path).isSymbolicLink() ? ['--symlink', `usr${path}`, path] : ['--ro-bind', path, path],
    );
  return [
    'bwrap',
    '--die-with-parent',
    '--new-session',
    '--unshare-net',
    // Within the one that ends with its parent: of a namespace of its own bubblewrap mounts a /proc of its own.
    '--unshare-pid',
    '--unshare-uts',
    '--unshare-ipc',
    '--hostname',
    'lab',
    '--ro-bind',
    '/usr',
    '/usr',
    ...systemFolders,
    '--ro-bind',
    '/etc',
    '/etc',
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    '--dev-bind-try',
    '/dev/net/tun',
    '/dev/net/tun',
    ...memory('/run', 512),
    ...memory('/tmp', 64),
    ...memory('/var', 64),
    '--dir',
    '/var/lib',
    '--dir',
    '/var/tmp',
    '--symlink',
    '/run',
    '/var/run',
    '--dir',
    '/root',
    '--dir',
    '/sys',
    '--dir',
    '/run/netns',
    '--ro-bind',
    folder,
    PROGRAM_FOLDER,
    '--ro-bind',
    modules,
    '/run/node_modules',
    '--ro-bind',
    process.execPath,
    NODE,
    ...Object.entries(images).flatMap(([name, path]) => ['--ro-bind', path, `${IMAGE_FOLDER}/${name}`]),
    // Only where one is in sight does the kernel let a host mount a sysfs of its own.
    ...(Object.keys(images).length > 0 ? ['--ro-bind', '/sys', '/run/miflab-sys'] : []),
    '--chdir',
    '/',
    '--clearenv',
    '--setenv',
    'PATH',
    PATH,
    '--setenv',
    'LANG',
    'C.UTF-8',
    '--setenv',
    'HOME',
    '/root',
  ];
};
