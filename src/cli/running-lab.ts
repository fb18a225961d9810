/** Labs that are up, seen from another terminal. Nothing is written down outside of them: a lab is its process. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { execa } from 'execa';
import type { Plan } from '../plan/plan.ts';
import { miflab } from '../suite/called-as.ts';
import { labFilesOf, labNameOf } from '../suite/lab-files.ts';
import { enterSandbox, mappedRoot, UP_VARIABLE } from '../sys/sandbox.ts';
import { PLAN_FILE } from '../testbed/places.ts';
import { UsageError } from './usage-error.ts';

export interface RunningLab {
  name: string;
  /** Of its process on the machine. */
  pid: number;
}

/** The user's own labs that are up or being built. */
export function labsThatAreUp(): RunningLab[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0)
    .flatMap((pid) => {
      const name = nameOfLab(pid);
      return name === undefined ? [] : [{ name, pid }];
    });
}

/** @throws UsageError where it is not up */
export function runningLab(word: string): RunningLab {
  const name = labNameOf(labFilesOf(word)[0] ?? word);
  const up = labsThatAreUp();
  const found = up.find((lab) => lab.name === name);
  if (found) return found;
  const others = up.length > 0 ? `; up now: ${up.map((lab) => lab.name).join(', ')}` : '';
  throw new UsageError(`${name} is not up: start it in another terminal with ${miflab} up ${word}${others}`);
}

/**
 * What the lab was built from, whatever its file says by now.
 *
 * @throws UsageError where it is still being built, or gone
 */
export async function planOfRunning({ name, pid }: RunningLab): Promise<Plan> {
  const { command, environment } = enterSandbox(pid, ['cat', PLAN_FILE]);
  const [file, ...args] = command;
  const { stdout, exitCode } = await execa(file!, args, {
    env: environment,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });
  if (exitCode !== 0) throw new UsageError(`${name} is still being built: wait until it says that it is up`);
  return JSON.parse(stdout) as Plan;
}

/** Undefined where the process is none of a lab of this user: what strangers run is never entered. */
function nameOfLab(pid: number): string | undefined {
  try {
    if (statSync(`/proc/${pid}`).uid !== mappedRoot().uid) return undefined;
    // Programs on the nodes have the same environment.
    if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1]?.endsWith('/lab-process.js'))
      return undefined;
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return variables.find((one) => one.startsWith(`${UP_VARIABLE}=`))?.slice(UP_VARIABLE.length + 1);
  } catch {
    return undefined;
  }
}
