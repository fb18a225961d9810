import { join } from 'node:path';
import { standardOutput } from '../report/output.ts';
import { ExitCode } from '../suite/exit-code.ts';
import { readResults } from '../suite/results-folder.ts';
import { openReporters } from './reporter-choice.ts';
import { UsageError } from './usage-error.ts';
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
  const where = folder ?? join(output, 'last');
  const results = readResults(where);
  if (!results) throw new UsageError(`no results in ${where}: miflab run leaves them there`);
  if (results.format !== 1) {
    throw new UsageError(`${where} has results of format ${results.format}, and this miflab reads format 1`);
  }
  const { runs, workers } = results;
  const screen = { ...standardOutput(), interactive: false };
  const listener = openReporters(reporter ?? [], screen);
  listener.onStart?.({ runs, workers, folder: results.folder });
  for (const run of runs) listener.onResult?.(run);
  listener.onEnd?.(results);
  return ExitCode.ok;
}
