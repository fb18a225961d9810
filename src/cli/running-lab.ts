/** Labs that are up, seen from another terminal. Nothing is written down outside of them: a lab is its process. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { execa } from 'execa';
import type { Plan } from '../plan/plan.ts';
import { miflab } from '../suite/called-as.ts';
import { labFilesOf, labNameOf } from '../suite/lab-files.ts';
import { enterSandbox, LAB_VARIABLE, UP_VARIABLE } from '../sys/sandbox.ts';
import { mappedRoot } from '../sys/user-ids.ts';
import { PLAN_FILE } from '../testbed/places.ts';
import { UsageError } from './usage-error.ts';

export interface RunningLab {
  name: string;
  mark: string;
  /** Of its process on the machine. */
  pid: number;
}

/** What a lab that is up is known by: its file, which its processes need not know. */
export const markOf = (file: string): string =>
  createHash('sha256').update(realpathSync(file)).digest('hex').slice(0, 16);

/** The user's own labs that are up or being built. */
export function labsThatAreUp(): RunningLab[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0)
    .flatMap((pid) => labOf(pid) ?? []);
}

/** @throws UsageError where it is not up */
export function runningLab(word: string): RunningLab {
  const [file] = labFilesOf(word);
  const mark = file && markOf(file);
  const name = labNameOf(file ?? word);
  const up = labsThatAreUp();
  // From another folder a lab is known by its name alone.
  const found = up.find((lab) => (mark ? lab.mark === mark : lab.name === name));
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
  const [file, ...args] = enterSandbox(pid, ['cat', PLAN_FILE]);
  const { stdout, exitCode } = await execa(file!, args, {
    reject: false,
    stdin: 'ignore',
  });
  if (exitCode !== 0) throw new UsageError(`${name} is still being built: wait until it says that it is up`);
  return JSON.parse(stdout) as Plan;
}

/** Undefined where the process is none of a lab of this user: what strangers run is never entered. */
function labOf(pid: number): RunningLab | undefined {
  try {
    if (statSync(`/proc/${pid}`).uid !== mappedRoot().uid) return undefined;
    // Programs on the nodes have the same environment.
    if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1]?.endsWith('/lab-process.js'))
      return undefined;
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    const variable = (name: string) =>
      variables.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
    const [name, mark] = [variable(LAB_VARIABLE), variable(UP_VARIABLE)];
    return name && mark ? { name, mark, pid } : undefined;
  } catch {
    return undefined;
  }
}
