/** Programs started from a lab: line by line output, and an end that is always awaited. */
import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { execa } from 'execa';

/**
 * The end of the sandbox ends its programs. execa's own clean-up takes every signal that could end a process
 * for the end, SIGIO too, by which the capture hears of packets.
 */
export const LEFT_ALONE = { cleanup: false, reject: false } as const;

export interface RunningProgram {
  pid: number | undefined;
  kill(signal: NodeJS.Signals): void;
  /** It is dead or about to be, and `ended` tells so only when all that stands between has noticed. */
  isGone(): boolean;
  /** A line to its standard input; lost where that is closed. */
  tell(line: string): void;
  /** Resolves, never rejects, when the program has ended and its output is read. */
  ended: Promise<{ code: number | null; signal: string | null; error?: string }>;
}

export const startProgram = (
  command: string[],
  onLine: (stream: 'stdout' | 'stderr', line: string) => void,
  /** The command is nsenter into a pid namespace: signals are for the program there. */
  isEntered = false,
  /** Otherwise its standard input is at its end from the beginning. */
  isTold = false,
): RunningProgram => {
  const [file, ...args] = command as [string, ...string[]];
  const subprocess = execa(file, args, {
    ...LEFT_ALONE,
    stdin: isTold ? 'pipe' : 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
  });
  subprocess.stdin?.on('error', () => {});
  for (const stream of ['stdout', 'stderr'] as const)
    eachLine(subprocess[stream], (line) => onLine(stream, line));
  const entered = () => (isEntered ? childrenOf(subprocess.pid) : []);
  return {
    pid: subprocess.pid,
    isGone: () => [subprocess.pid, ...entered()].some(isGone),
    kill: (signal) => {
      const within = entered();
      if (within.length === 0) subprocess.kill(signal);
      for (const pid of within) process.kill(pid, signal);
    },
    tell: (line) => void subprocess.stdin?.write(`${line}\n`),
    ended: subprocess.then(({ exitCode, signal, failed, originalMessage }) => ({
      code: exitCode ?? null,
      signal: signal ?? null,
      error: failed && exitCode === undefined && signal === undefined ? originalMessage : undefined,
    })),
  };
};

/** nsenter waits outside for the program that it started in a pid namespace, and hands no signal on. */
export const childrenOf = (pid: number | undefined): number[] => {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return children.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
};

const SIGKILL_BIT = 1n << 8n;

/** Not there, a zombie, or with SIGKILL pending (proc_pid_status(5)). */
const isGone = (pid: number | undefined): boolean => {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return true;
  }
  const pending = [...status.matchAll(/^S[ih][gd]Pnd:\s+([0-9a-f]+)$/gm)].map(([, mask]) =>
    BigInt(`0x${mask}`),
  );
  return /^State:\s+[ZX]/m.test(status) || pending.some((mask) => (mask & SIGKILL_BIT) !== 0n);
};

const LONGEST_LINE = 1 << 16;

/** A line that is longer comes in pieces: a program that never ends one would fill the memory. */
const eachLine = (stream: Readable, onLine: (line: string) => void): void => {
  let rest = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop()!;
    for (const line of lines) onLine(line);
    if (rest.length < LONGEST_LINE) return;
    onLine(rest);
    rest = '';
  });
  stream.on('end', () => {
    if (rest) onLine(rest);
  });
};

export interface Finished {
  code: number | null;
  output: string;
  errors: string;
}

/** What a lab runs to its end takes less; reached only by a program that hangs, or floods. */
const LONGEST_MS = 60_000;
const MOST_OUTPUT = 4_000_000;

/**
 * Runs a program to its end, and to that of its output, which others that it left behind may hold open. `input` goes
 * to its standard input.
 */
export const runProgram = async (
  command: string[],
  input?: string,
  longestMs = LONGEST_MS,
): Promise<Finished> => {
  const [file, ...args] = command as [string, ...string[]];
  const subprocess = execa(file, args, {
    ...LEFT_ALONE,
    maxBuffer: MOST_OUTPUT,
    stripFinalNewline: false,
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
  });
  let hangs = false;
  const limit = setTimeout(() => {
    hangs = true;
    subprocess.kill('SIGKILL');
    for (const stream of [subprocess.stdout, subprocess.stderr]) stream.destroy();
  }, longestMs);
  const { exitCode, stdout, stderr, shortMessage } = await subprocess;
  clearTimeout(limit);
  if (hangs)
    return {
      code: null,
      output: stdout ?? '',
      errors: `${stderr ?? ''}no end of its output within ${longestMs / 1000} s: what it leaves running needs another place for its output`,
    };
  return { code: exitCode ?? null, output: stdout ?? '', errors: (stderr || shortMessage) ?? '' };
};
