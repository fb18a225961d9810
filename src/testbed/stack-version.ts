/** Which version of its stack the host runs, as the stack itself says. */
import type { Plan } from '../plan/plan.ts';
import { runProgram } from '../sys/program.ts';
import { plannedNode } from './lab.ts';
import { inNode } from './places.ts';
import type { Recorder } from './recorder.ts';

export const askVersion = async (plan: Plan, recorder: Recorder): Promise<void> => {
  const { node, version: command } = plan.host;
  if (!command) return;
  const { output, errors } = await runProgram(inNode(plannedNode(plan, node), command));
  const [version = ''] = `${output}${errors}`.trim().split('\n');
  recorder.record({ kind: 'stack', version });
};
