/** Load for the machine: what must hold on a busy one is tried on a busy one. */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

/**
 * A process for each processor, until the returned function is called, or this process ends. By SIGKILL: whoever has
 * put a handler for SIGTERM into them, as tap does, would wait for a loop that has no end.
 */
export const keepBusy = (): (() => void) => {
  const children = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ['-e', 'const parent = process.ppid; while (process.ppid === parent);'], {
      stdio: 'ignore',
    }),
  );
  return () => {
    for (const child of children) child.kill('SIGKILL');
  };
};
