/** A running guest: labs run in it side by side, and its death is noticed at once. */
import { createInterface } from 'node:readline';
import { type MappedProgram, startSandbox } from '../sys/sandbox.ts';
import { modulesPath, programPath } from '../testbed/bundle.ts';
import { LabLost, type RunLab } from '../testbed/measure.ts';
import type { LabMessage } from '../testbed/messages.ts';
import { lastWords } from './console.ts';
import { guestPath, orderWithFile, PASS_ORDERS, UNPACK } from './guest-files.ts';
import type { GuestMessage, GuestOrder } from './messages.ts';

export interface Guest {
  /** Of its kernel, as uname says it. */
  release: string;
  runLab: RunLab;
  /** Of these kernel features, those that its kernel lacks. */
  lackingFeatures(names: string[]): Promise<string[]>;
  alive(): boolean;
  /** Ends it at once, and every lab in it; resolves when it is gone. */
  end(): Promise<void>;
}

export interface GuestStart {
  /** What is said of it: 'debian-uml'. */
  name: string;
  /** Its console on standard error, its channel on standard input and output. */
  command: string[];
  /** What it boots with: packed guest files. */
  files: Buffer;
  /** More that the command sees, as arguments of bubblewrap. */
  view: string[];
  /** Without a word for so long it counts as hanging, in milliseconds, once it is up. */
  silenceMs: number;
}

/** An agent says every second that it lives: longer than any pause of a loaded machine. */
export const SILENCE_MS = 60_000;
/** An emulated kernel with all its modules is up after 10 s, and on a machine with eight times as much to do after 80. */
export const BOOT_MS = 300_000;
const CONSOLE_LENGTH = 64 * 1024;

/** @throws GuestFailed where it does not come up */
export const startGuest = async ({ name, command, files, view, silenceMs }: GuestStart): Promise<Guest> => {
  const { sandbox } = await startSandbox({
    program: programPath('guest-agent.js'),
    modules: modulesPath(),
    lab: `guest ${name}`,
    keep: false,
    images: {},
    command: ['/bin/sh', '-c', UNPACK + PASS_ORDERS, 'sh', ...command],
    view,
  });
  sandbox.stdin.on('error', () => {});
  sandbox.stdin.write(files);
  return converse(name, sandbox, silenceMs);
};

interface Asked {
  onMessage(message: GuestMessage): void;
  onDeath(error: LabLost): void;
}

const converse = async (name: string, sandbox: MappedProgram, silenceMs: number): Promise<Guest> => {
  const asked = new Map<number, Asked>();
  let asks = 0;
  let console = '';
  let alive = true;
  let hung: string | undefined;
  sandbox.stderr.on('data', (chunk: Buffer) => {
    console = (console + chunk).slice(-CONSOLE_LENGTH);
  });
  const hang = (how: string) => {
    hung = how;
    sandbox.kill('SIGKILL');
  };
  const silence = Math.round(silenceMs / 1000);
  let watchdog = setTimeout(() => hang(`not up within ${BOOT_MS / 1000} s`), BOOT_MS);
  const tell = (order: GuestOrder, name?: string, file?: string) =>
    sandbox.stdin.write(orderWithFile(JSON.stringify(order), name, file));

  let greet: (release: string) => void;
  let refuse: (error: LabLost) => void;
  const greeted = new Promise<string>((resolve, reject) => {
    greet = resolve;
    refuse = reject;
  });
  createInterface({ input: sandbox.stdout }).on('line', (line) => {
    watchdog.refresh();
    const message = parse(line);
    if (!message || message.kind === 'alive') return;
    if (message.kind === 'hello') {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => hang(`not a word for ${silence} s`), silenceMs);
      greet(message.release);
    } else asked.get(message.id)?.onMessage(message);
  });
  const gone = sandbox.then(({ exitCode, signal }) => {
    alive = false;
    clearTimeout(watchdog);
    const how = hung ? `hung: ${hung}` : `died: ${lastWords(console) || `exit ${exitCode ?? signal}`}`;
    const lost = new LabLost(`the guest ${name} ${how}`, console);
    refuse(lost);
    for (const { onDeath } of asked.values()) onDeath(lost);
  });

  const ask = <T>(
    send: (id: number) => void,
    answer: (message: GuestMessage, resolve: (value: T) => void) => void,
    signal?: AbortSignal,
  ): Promise<T> => {
    const id = ++asks;
    let overdue: NodeJS.Timeout | undefined;
    const abort = () => {
      tell({ kind: 'abort', id });
      // A lab with a Go program in Debian's User-mode Linux once did not end, told to or not.
      overdue = setTimeout(
        () => hang(`a lab in it did not end within ${silence} s of being told to`),
        silenceMs,
      );
    };
    return new Promise<T>((resolve, reject) => {
      if (!alive) return reject(new LabLost(`the guest ${name} is gone`, console));
      asked.set(id, {
        onDeath: reject,
        onMessage: (message) =>
          message.kind === 'refused' ? reject(new Error(message.reason)) : answer(message, resolve),
      });
      send(id);
      signal?.addEventListener('abort', abort);
      if (signal?.aborted) abort();
    }).finally(() => {
      asked.delete(id);
      clearTimeout(overdue);
      signal?.removeEventListener('abort', abort);
    });
  };

  const release = await greeted;
  return {
    release,
    alive: () => alive,
    runLab: (order, onMessage: (message: LabMessage) => void, signal) =>
      ask<string>(
        (id) => {
          const name = `order-${id}`;
          tell({ kind: 'lab', id, file: guestPath(name) }, name, JSON.stringify(order));
        },
        (message, resolve) => {
          if (message.kind === 'lab') onMessage(message.message);
          if (message.kind === 'ended') resolve(message.said);
        },
        signal,
      ),
    lackingFeatures: (names) =>
      ask<string[]>(
        (id) => tell({ kind: 'features', id, names }),
        (message, resolve) => message.kind === 'lacking' && resolve(message.names),
      ),
    end: async () => {
      sandbox.kill('SIGKILL');
      await gone;
    },
  };
};

const parse = (line: string): GuestMessage | undefined => {
  try {
    return JSON.parse(line) as GuestMessage;
  } catch {
    return undefined;
  }
};
