/** The orchestrator's end of the process that keeps its containers (keeper-process.ts): started with the first of them. */
import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { asLine, type KeeperAnswer, type KeeperOrder, type WantedContainer } from './messages.ts';

export interface Keeper {
  /** Each answer about a run goes to who listens for it. */
  listen(run: string, onAnswer: (answer: KeeperAnswer) => void): void;
  start(wanted: WantedContainer): void;
  /** Resolves when the containers of the run are removed. */
  end(run: string): Promise<void>;
}

let keeper: Keeper | undefined;

/** @param program the bundled keeper-process.ts */
export const theKeeper = (program: string): Keeper => {
  keeper ??= startKeeper(program);
  return keeper;
};

const startKeeper = (program: string): Keeper => {
  const child = spawn(process.execPath, [program], { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
  child.unref();
  (child.stdin as Socket).unref();
  // It holds this process only while a run has containers.
  const answers = child.stdout as Socket;
  const listeners = new Map<string, (answer: KeeperAnswer) => void>();
  const order = (message: KeeperOrder): void => void child.stdin.write(asLine(message));
  createInterface({ input: answers }).on('line', (line) => {
    const answer = JSON.parse(line) as KeeperAnswer;
    listeners.get(answer.run)?.(answer);
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  void gone.then(() => {
    keeper = undefined;
    for (const [run, listener] of listeners)
      listener({ kind: 'refused', run, node: '', message: 'the process that keeps containers has ended' });
  });
  child.stdin.on('error', () => {});
  return {
    listen: (run, onAnswer) => {
      listeners.set(run, onAnswer);
      answers.ref();
    },
    start: (wanted) => order({ kind: 'start', wanted }),
    end: async (run) => {
      const removed = new Promise<void>((resolve) => {
        listeners.set(run, ({ kind }) => kind === 'removed' && resolve());
      });
      order({ kind: 'end', run });
      await Promise.race([removed, gone]);
      listeners.delete(run);
      if (listeners.size === 0) answers.unref();
    },
  };
};
