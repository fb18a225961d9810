/** The orchestrator's end of a lab's containers: it tells their keeper where the lab is, and the lab what became of them. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { theKeeper } from '../containers/keeper.ts';
import { asLine } from '../containers/messages.ts';
import type { Plan } from '../plan/plan.ts';
import { childrenOf } from '../sys/program.ts';
import { type MappedProgram, PROGRAM_FOLDER } from '../sys/sandbox.ts';
import { programPath } from './bundle.ts';

export const keepContainers = ({ nodes, daemons }: Plan, { pid, stdin }: MappedProgram) => {
  const keeper = theKeeper(programPath('container-keeper.js'));
  const run = randomUUID();
  keeper.listen(run, (answer) => void stdin.write(asLine(answer)));
  return {
    start: (name: string): void => {
      const { container, files } = nodes.find((node) => node.name === name)!;
      const ofDaemons = daemons.filter(({ node }) => node === name).map((daemon) => daemon.files);
      keeper.start({
        ...container!,
        run,
        node: name,
        pid: processWithin(pid!)!,
        files: Object.assign({}, files, ...ofDaemons),
      });
    },
    /** Resolves when they are removed. */
    end: (): Promise<void> => keeper.end(run),
  };
};

/** The first process below that sees the files of the lab instead of the machine's. */
const processWithin = (pid: number): number | undefined => {
  if (existsSync(`/proc/${pid}/root${PROGRAM_FOLDER}`)) return pid;
  for (const child of childrenOf(pid)) {
    const found = processWithin(child);
    if (found !== undefined) return found;
  }
  return undefined;
};
