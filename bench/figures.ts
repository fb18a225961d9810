/** Figures of a run of the benchmarks: measured now, printed beside what is wanted. */
import { spawnSync } from 'node:child_process';

export const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** The median of several measurements. */
export const several = (count: number, measureOnce: () => number): number =>
  median(Array.from({ length: count }, measureOnce));

/** Milliseconds that a program takes from its start to its end. */
export const timed = (command: string[], input?: string): number => {
  const [file, ...args] = command as [string, ...string[]];
  const began = performance.now();
  const { status, error, stderr } = spawnSync(file, args, { stdio: ['pipe', 'ignore', 'pipe'], input });
  if (status !== 0) throw new Error(`${command.join(' ')}: ${error?.message ?? stderr.toString()}`);
  return performance.now() - began;
};

/** A row: what was measured, the figure, what is wanted of it, and whether it falls short. */
export const row = (what: string, value: number, unit: string, wanted?: Wanted): void => {
  const figure = `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`;
  const short = wanted && !wanted.holds(value) ? '   SHORT' : '';
  console.log(`${what.padEnd(64)} ${figure.padStart(12)}   ${wanted?.text ?? ''}${short}`);
};

export interface Wanted {
  text: string;
  holds(value: number): boolean;
}

export const atMost = (limit: number, unit: string): Wanted => ({
  text: `at most ${limit} ${unit}`,
  holds: (value) => value <= limit,
});

export const atLeast = (limit: number, unit: string): Wanted => ({
  text: `at least ${limit} ${unit}`,
  holds: (value) => value >= limit,
});
