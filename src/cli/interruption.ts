import { setMaxListeners } from 'node:events';
import { ExitCode } from '../suite/exit-code.ts';

/** A signal that the first Ctrl-C (or SIGTERM) aborts; the second ends miflab at once, and its labs with it. */
export function interruption(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  // Every lab that runs listens, and many run at once.
  setMaxListeners(0, controller.signal);
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(ExitCode.interrupted);
    process.stderr.write('\nending the running labs; Ctrl-C again to end at once\n');
    controller.abort();
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, interrupt);
  const release = () => {
    for (const signal of signals) process.off(signal, interrupt);
  };
  return { signal: controller.signal, release };
}
