/** The outputs of a report: standard output, or a file. */
import { openSync, writeSync } from 'node:fs';
import type { Output } from './reporter.ts';

/** What a terminal, a pipe or a log gets, by what the environment says (no-color.org). */
export function standardOutput(stream = process.stdout, environment = process.env): Output {
  const { NO_COLOR, FORCE_COLOR, TERM, CI, COLUMNS } = environment;
  const terminal = stream.isTTY === true && TERM !== 'dumb';
  return {
    write: (text) => void stream.write(text),
    color: !NO_COLOR && (terminal || Boolean(FORCE_COLOR)),
    interactive: terminal && !CI,
    size: () => ({
      columns: stream.columns || Number(COLUMNS) || Number.POSITIVE_INFINITY,
      rows: stream.rows || 24,
    }),
  };
}

/** @throws the file system's error where the file cannot be written */
export function fileOutput(file: string): Output {
  const descriptor = openSync(file, 'w');
  return {
    write: (text) => void writeSync(descriptor, text),
    color: false,
    interactive: false,
    size: () => ({ columns: Number.POSITIVE_INFINITY, rows: 24 }),
  };
}
