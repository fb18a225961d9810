import { join } from 'node:path';
import { standardOutput } from '../report/output.ts';
import { ExitCode } from '../suite/exit-code.ts';
import { earlierResults } from './earlier-results.ts';
import { openReporters } from './reporter-choice.ts';
import type { ReporterChoice } from './values.ts';

export interface ReportOptions {
  reporter?: ReporterChoice[];
  output: string;
}

/** Prints the results of an earlier suite through any reporter, as if it ran again. */
export async function report(
  folder: string | undefined,
  { reporter, output }: ReportOptions,
): Promise<ExitCode> {
  const results = earlierResults(folder ?? join(output, 'last'));
  const { runs, workers } = results;
  const screen = { ...standardOutput(), interactive: false };
  const listener = openReporters(reporter ?? [], screen);
  listener.onStart?.({ runs, workers, folder: results.folder });
  for (const run of runs) listener.onResult?.(run);
  listener.onEnd?.(results);
  return ExitCode.ok;
}
