import { constants } from 'node:os';
import { execa } from 'execa';
import { closest } from '../lab/closest.ts';
import type { Plan, PlannedNode } from '../plan/plan.ts';
import { enterSandbox } from '../sys/sandbox.ts';
import { inNode } from '../testbed/places.ts';
import { planOfRunning, type RunningLab, runningLab } from './running-lab.ts';
import { UsageError } from './usage-error.ts';

/** Runs a command, or a shell, on a node of a lab that is up; its exit code is the command's. */
export async function exec(word: string, name: string, words: string[]): Promise<number> {
  const lab = runningLab(word);
  const node = nodeOf(await planOfRunning(lab), lab, name);
  const wanted = words[0] === '--' ? words.slice(1) : words;
  return wanted.length > 0
    ? runOn(lab, node, wanted)
    : runOn(lab, node, ['/bin/bash', '--norc'], { PS1: `${lab.name} ${name} # ` });
}

async function runOn(
  lab: RunningLab,
  node: PlannedNode,
  wanted: string[],
  more: Record<string, string> = {},
): Promise<number> {
  const [file, ...args] = enterSandbox(lab.pid, inNode(node, wanted), more);
  // Ctrl-C is for the command; what it makes of it is passed on.
  const ignore = () => {};
  process.on('SIGINT', ignore);
  const { exitCode, signal } = await execa(file!, args, {
    stdio: 'inherit',
    reject: false,
  });
  process.off('SIGINT', ignore);
  // Its processes end in no order: nobody can say yet whether the lab is still there.
  if (signal === 'SIGKILL') process.stderr.write(`killed: by hand, or with ${lab.name} that has ended\n`);
  return exitCode ?? 128 + (signal ? constants.signals[signal] : 0);
}

/** @throws UsageError where the lab has no such node */
function nodeOf({ nodes }: Plan, lab: RunningLab, name: string): PlannedNode {
  const node = nodes.find((one) => one.name === name);
  if (node) return node;
  const names = nodes.map((one) => one.name);
  const meant = closest(name, names);
  throw new UsageError(
    `${lab.name} has no node ${name}: ${meant ? `did you mean ${meant}?` : `there is ${names.join(', ')}`}`,
  );
}
