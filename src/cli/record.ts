import { ExitCode } from '../suite/exit-code.ts';
import { keepPractice } from '../suite/practice-files.ts';
import { type PracticeChange, recordPractice } from '../suite/record-practice.ts';
import type { Parts } from './parts.ts';
import { type RunOptions, runLabs } from './run.ts';
import { written } from './usage-error.ts';

/** Runs labs, takes today's decisions as practice and says what changed. Nothing is written for half a suite. */
export async function record(words: string[], options: RunOptions, given?: Parts): Promise<number> {
  const parts = given ?? (await import('./laboratory.ts')).parts;
  const results = await runLabs(words, options, parts);
  if (typeof results === 'number') return results;
  const { runs, exitCode } = results;
  if (exitCode === ExitCode.interrupted || exitCode === ExitCode.bug) return exitCode;
  const settings = new Map(runs.map((run) => [`${run.stack} ${run.release}`, run]));
  for (const { stack, release } of settings.values()) {
    const { practice: known, own } = parts.practiceOf(stack, release);
    const ofSetting = runs.filter((run) => run.stack === stack && run.release === release);
    const { practice, changes } = recordPractice(ofSetting, known, own);
    const products = ofSetting.flatMap(({ attempts }) =>
      attempts.flatMap(({ result }) => result.product ?? []),
    );
    const file = written('practice', '', () => keepPractice(stack, release, practice, products[0]));
    process.stdout.write(`\nrecorded in ${file}: ${changesText(changes, file)}`);
  }
  return exitCode === ExitCode.differs ? ExitCode.ok : exitCode;
}

function changesText(changes: PracticeChange[], file: string): string {
  if (changes.length === 0) return 'nothing changed\n';
  const lines = changes.map(({ run, probe, before, now, unexplained }) => {
    const change = before === undefined ? now : `${before} → ${now}`;
    return `  ${run}, ${probe}: ${change}${unexplained ? ' (no reason yet)' : ''}\n`;
  });
  const hint = changes.some(({ unexplained }) => unexplained)
    ? `Say in ${file}, as reason, why each deviation without one is accepted.\n`
    : '';
  return `\n${lines.join('')}${hint}`;
}
