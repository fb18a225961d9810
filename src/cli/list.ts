import { ExitCode } from '../suite/exit-code.ts';
import type { LoadedLab } from '../suite/make-runs.ts';
import { searchable } from '../suite/select.ts';
import { loadLabs } from './load-labs.ts';
import type { Parts } from './parts.ts';

/** Prints a line per lab: its name, topic, level and title. */
export async function list(
  words: string[],
  { grep }: { grep?: RegExp },
  parts?: Pick<Parts, 'readLab'>,
): Promise<ExitCode> {
  const { readLab } = parts ?? (await import('./laboratory.ts')).parts;
  const matches = ({ name, lab }: LoadedLab) =>
    !grep || grep.test(searchable({ ...lab, id: name, source: [lab.source].flat() }));
  const labs = (await loadLabs(words, readLab)).filter(matches);
  const rows = labs.map(({ name, lab }) => [name, lab.topic, lab.level, lab.title]);
  process.stdout.write(table(rows));
  return ExitCode.ok;
}

/** Columns as wide as their widest cell. */
function table(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  return rows.map((row) => `${line(row)}\n`).join('');
}
