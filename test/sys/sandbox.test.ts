import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { allProcesses, filesIn, machineState, namespacesOf, processesOf } from '../support/traces.ts';
import { type Caller, isRoot, ordinaryUser, thisUser } from '../support/users.ts';

/** MIFLAB_KILLS=100 for the figure that counts. */
const KILLS = Number(process.env.MIFLAB_KILLS ?? 10);
/** Reached only by a hang. */
const GONE_MS = 60_000;
const LAB = 'labs/default-router/preference-across-links.yaml';

t.setTimeout(3_600_000);

interface Run {
  pid: number;
  kill(signal: NodeJS.Signals): void;
}

/** Crashes: the orchestrator itself throws where nobody catches. */
type Ending = { how: string; times: number } & ({ end: (run: Run) => void } | { crashes: true });

const killed = (times: number): Ending => ({
  how: 'killed by SIGKILL',
  times,
  end: (run) => run.kill('SIGKILL'),
});
const endings: Ending[] = [
  killed(KILLS),
  // As a terminal does it: to every process of the group.
  { how: 'interrupted by Ctrl-C', times: 3, end: (run) => process.kill(-run.pid, 'SIGINT') },
  { how: 'ended by SIGTERM', times: 3, end: (run) => run.kill('SIGTERM') },
  { how: 'crashed', times: 3, crashes: true },
];

const hasGuests = existsSync('/usr/bin/linux.uml');
const needsRoot = isRoot ? false : 'only root can make another user, or a container that is root';
const callers: [who: string, callerOf: (t: Test) => Promise<Caller>, skip: string | false][] = [
  ['the user of the test', thisUser, false],
  ['an ordinary user with subordinate ids', (t) => ordinaryUser(t, true), needsRoot],
  ['an ordinary user with one id', (t) => ordinaryUser(t, false), needsRoot],
];

for (const [who, callerOf, skip] of callers)
  t.test(`nothing is left of the labs of ${who}`, { skip }, async (t) => {
    const caller = await callerOf(t);
    const longest = await longestMoment(t, caller);
    for (const ending of endings)
      await t.test(`${ending.how} ${ending.times} times at random moments`, (t) =>
        endRuns(t, caller, ending, longest),
      );
  });

// A guest takes longer to start than all else: the moments are those of its boot and of the labs in it.
for (const [who, callerOf, skip] of callers.slice(0, 2))
  t.test(
    `nothing is left of a guest of ${who}`,
    { skip: skip || (!hasGuests && 'no user-mode-linux') },
    async (t) => {
      const caller = { ...(await callerOf(t)), kernel: 'debian-uml' };
      await endRuns(t, caller, killed(Math.ceil(KILLS / 5)), await longestMoment(t, caller));
    },
  );

/** Who runs labs, and on which kernel: the machine's own, or that of a guest. */
type Runner = Caller & { kernel?: string };

/** Until then a run starts, its sandboxes start and build, some end and others start. */
const longestMoment = async (t: Test, caller: Runner): Promise<number> => {
  const began = performance.now();
  const { exitCode } = await start(caller, 'whole', [], 1);
  t.equal(exitCode, 0, 'a lab that is left alone');
  return 1.5 * (performance.now() - began);
};

/** Ends runs of several labs at once, and looks for what each left behind. */
const endRuns = async (t: Test, caller: Runner, ending: Ending, longest: number) => {
  const before = await machineState();
  let running = 0;
  let slowest = 0;
  for (let count = 1; count <= ending.times; count++) {
    const marker = `ended-${process.pid}-${caller.name}-${ending.how}-${count}`.replaceAll(/\W+/g, '-');
    const { processes, ms, left } = await endRun(caller, ending, marker, Math.random() * longest);
    t.same(left, [], `${count}: nothing of ${processes} processes`);
    slowest = Math.max(slowest, ms);
    running += Number(processes > 1);
  }
  const after = await machineState();
  for (const [what, state] of Object.entries(before)) t.same(after[what], state, `${what} as before`);
  t.comment(
    `${ending.how}: ${running} of ${ending.times} had labs up; gone after at most ${slowest.toFixed(0)} ms`,
  );
};

const endRun = async (caller: Runner, ending: Ending, marker: string, moment: number) => {
  const run = start(caller, marker, 'crashes' in ending ? crashAfter(moment) : []);
  const own = namespacesOf(['self']);
  let known: string[] = [];
  let namespaces = new Set<string>();
  const look = () => {
    known = allProcesses();
    namespaces = namespacesOf(processesOf(marker));
    for (const name of own) namespaces.delete(name);
  };
  // The random moment is what is tested; nothing is waited for.
  const timer = setTimeout(() => {
    look();
    if ('end' in ending) ending.end(run as Run);
  }, moment);
  await run;
  clearTimeout(timer);
  const ended = performance.now();
  const processes = known.filter((pid) => isIn(pid, namespaces)).length;
  // A process that is ending has no environment any more, and its namespaces still. Those of others may by then
  // have got their numbers.
  const remaining = () => {
    const all = new Set(allProcesses());
    return [...processesOf(marker), ...known.filter((pid) => all.has(pid) && isIn(pid, namespaces))];
  };
  while (remaining().length > 0 && performance.now() - ended < GONE_MS) await new Promise(setImmediate);
  return {
    processes,
    ms: performance.now() - ended,
    left: [
      ...remaining().map((pid) => `process ${pid}`),
      ...filesIn(caller.temporary),
      ...['/dev/shm', '/run', '/sys/fs/cgroup'].flatMap(filesIn).filter((path) => path.includes(marker)),
    ],
  };
};

const isIn = (pid: string, namespaces: Set<string>): boolean =>
  [...namespacesOf([pid])].some((name) => namespaces.has(name));

const start = (caller: Runner, marker: string, nodeOptions: string[], repeat = 20) => {
  const lab = join(caller.folder, 'labs', `${marker}.yaml`);
  copyFileSync(LAB, lab);
  return execa(
    'node',
    [
      ...nodeOptions,
      'dist/miflab.js',
      'run',
      lab,
      '--repeat',
      `${repeat}`,
      '--workers',
      '4',
      '--kernel',
      caller.kernel ?? 'host',
      '-o',
      caller.output,
    ],
    { ...caller.options, env: { ...caller.options.env, MARKER: marker }, stdio: 'ignore', detached: true },
  );
};

const crashAfter = (ms: number): string[] => [
  '--import',
  `data:text/javascript,setTimeout(() => { throw new Error('as if miflab had a bug') }, ${ms})`,
];

t.test('a lab runs in a container, where no process has the number 2', { skip: needsRoot }, async (t) => {
  const { options, output } = await thisUser(t);
  const namespaces = ['--pid', '--fork', '--kill-child', '--mount-proc'];
  // What ran before has gone, and its number with it; the shell stays the first process.
  const script = '/bin/true; "$@"; exit $?';
  const run = ['node', 'dist/miflab.js', 'run', LAB, '--reporter', 'plain', '--output', output];
  const { exitCode, stdout } = await execa(
    'unshare',
    [...namespaces, '/bin/sh', '-c', script, 'sh', ...run],
    options,
  );
  t.equal(exitCode, 0, String(stdout));
});
