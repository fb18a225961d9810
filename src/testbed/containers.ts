/** The lab's own end of its hosts in containers: it asks for them, and hears what becomes of them. */
import type { EventEmitter } from 'node:events';
import type { KeeperAnswer } from '../containers/messages.ts';
import type { PlannedNode } from '../plan/plan.ts';
import { DaemonFault, EvidenceFault, MachineFault } from './faults.ts';
import type { Recorder } from './recorder.ts';

export interface Containers {
  /** Resolves when it runs in the node's network. Rejects with a MachineFault where the engine refuses it. */
  start(node: PlannedNode): Promise<void>;
  /** Rejects with a DaemonFault as soon as one ends. */
  failed: Promise<never>;
}

/** @param outside emits `answer` with each KeeperAnswer */
export const makeContainers = (
  outside: EventEmitter,
  recorder: Recorder,
  ask: (node: string) => void,
): Containers => {
  const starting = new Map<string, { resolve: () => void; reject: (fault: MachineFault) => void }>();
  let fail: (fault: DaemonFault | EvidenceFault) => void;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  // Before anyone waits for it, too.
  failed.catch(() => {});
  outside.on('answer', (answer: KeeperAnswer) => {
    if (answer.kind === 'removed') return;
    const daemon = `${answer.node}.container`;
    if (answer.kind === 'started') {
      recorder.record({ kind: 'daemon', daemon, what: 'started' });
      recorder.record({
        kind: 'log',
        node: answer.node,
        daemon,
        stream: 'stdout',
        text: `image ${answer.digest}`,
      });
      starting.get(answer.node)?.resolve();
    } else if (answer.kind === 'refused') {
      for (const { reject } of starting.values()) reject(new MachineFault(answer.message));
      fail(new EvidenceFault(answer.message));
    } else {
      const { code, lastOutput } = answer;
      recorder.record({ kind: 'daemon', daemon, what: 'exited', code, signal: null, expected: false });
      fail(new DaemonFault(daemon, `the container of ${answer.node} ended: exit code ${code}`, lastOutput));
    }
  });
  return {
    start: ({ name }) =>
      new Promise((resolve, reject) => {
        starting.set(name, { resolve, reject });
        ask(name);
      }),
    failed,
  };
};
