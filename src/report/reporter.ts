import type { SuiteListener } from '../suite/results.ts';

/** Where a report goes. */
export interface Output {
  write(text: string): void;
  /** Escape sequences for colour are welcome. */
  color: boolean;
  /** A terminal whose lines can be drawn again. */
  interactive: boolean;
  /** The size of the terminal now; lines of any length for what is none. */
  size(): { columns: number; rows: number };
}

/** A file per output: it hears of a suite while it goes, and writes. */
export type Reporter = SuiteListener;

export type MakeReporter = (output: Output) => Reporter;
