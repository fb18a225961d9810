import { keepPractice, practiceOf } from '../suite/practice-files.ts';
import { type Practice, recordOf } from '../verdict/practice.ts';
import { wordsOf } from '../verdict/stable.ts';
import { type RunOptions, runLabs } from './run.ts';

/** Runs labs and takes today's decisions as practice; says what changed. What came to no decision is left as it was. */
export async function record(words: string[], options: RunOptions): Promise<number> {
  const { parts } = await import('./laboratory.ts');
  const outcome = await runLabs(words, { ...options, controls: false }, parts);
  if (typeof outcome === 'number') return outcome;
  const stacks = new Set(outcome.runs.map(({ stack }) => stack));
  for (const stack of stacks) {
    const practice: Practice = structuredClone(practiceOf(stack));
    for (const run of outcome.runs.filter((one) => one.stack === stack && one.kind !== 'control')) {
      for (const verdict of run.attempts[run.decisive]!.result.verdicts) {
        const before = practice[run.lab]?.[run.variant]?.[verdict.probe];
        const now = recordOf(verdict, before);
        if (!now) continue;
        const variants = (practice[run.lab] ??= {});
        const probes = (variants[run.variant] ??= {});
        probes[verdict.probe] = now;
        const [was, is] = [before && wordsOf(before.decision), wordsOf(now.decision)];
        if (was !== is) process.stdout.write(`${run.id} ${verdict.probe}: ${was ? `${was} → ` : ''}${is}\n`);
      }
    }
    process.stdout.write(`written: ${keepPractice(stack, practice)}\n`);
  }
  return 0;
}
