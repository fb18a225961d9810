import { join } from 'node:path';
import type { SuiteResults } from '../suite/results.ts';
import { readResults } from '../suite/results-folder.ts';
import { UsageError } from './usage-error.ts';

/** @throws UsageError where the folder has no results, or none that this miflab reads */
export function earlierResults(folder: string): SuiteResults {
  const file = join(folder, 'results.json');
  const results = parsed(folder, file);
  if (!results) throw new UsageError(`no results in ${folder}: miflab run leaves them there`);
  const { format, runs } = results;
  if (format !== 1) throw new UsageError(`${file} has format ${format}, and this miflab reads format 1`);
  if (!Array.isArray(runs)) throw new UsageError(`${file} has no runs: miflab did not write it`);
  return results;
}

function parsed(folder: string, file: string): SuiteResults | undefined {
  try {
    return readResults(folder);
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
}
