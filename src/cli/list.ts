import { ExitCode } from '../suite/exit-code.ts';
import type { LoadedLab } from '../suite/make-runs.ts';
import { searchable } from '../suite/select.ts';
import { columns } from './columns.ts';
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
  process.stdout.write(columns(rows));
  return ExitCode.ok;
}
