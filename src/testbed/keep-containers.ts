/** The orchestrator's end of a lab's containers: it tells their keeper where the lab is, and the lab what became of them. */
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
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
        pid: processThatSees(name, pid!)!,
        files: Object.assign({}, files, ...ofDaemons),
      });
    },
    /** Resolves when they are removed. */
    end: (): Promise<void> => keeper.end(run),
  };
};

/** The first process below that sees the network of a node: the lab mounts it in a mount namespace of its own. */
const processThatSees = (node: string, pid: number): number | undefined => {
  const root = `/proc/${pid}/root`;
  const [program, folder, network] = [PROGRAM_FOLDER, '/run/netns', `/run/netns/${node}`].map((path) =>
    statSync(`${root}${path}`, { throwIfNoEntry: false }),
  );
  if (program && network && network.dev !== folder!.dev) return pid;
  for (const child of childrenOf(pid)) {
    const found = processThatSees(node, child);
    if (found !== undefined) return found;
  }
  return undefined;
};
