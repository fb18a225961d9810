/** miflab check: are these lab files right? */
import { ExitCode } from '../suite/exit-code.ts';
import { labFilesOf, labNameOf } from '../suite/lab-files.ts';
import { makeRuns } from '../suite/make-runs.ts';
import { noLabAt } from './load-labs.ts';
import type { Parts } from './parts.ts';
import { chosenStacks } from './stacks.ts';
import { LabMistakes, UsageError } from './usage-error.ts';

/** Prints every mistake of every file on standard error; how many files are right, on standard output. */
export async function check(words: string[]): Promise<number> {
  const { parts } = await import('./laboratory.ts');
  let right = 0;
  let wrong = 0;
  for (const word of words.length > 0 ? words : ['labs']) {
    const files = labFilesOf(word);
    const mistakes = files.length > 0 ? await Promise.all(files.map((file) => mistakesOf(file, parts))) : [];
    if (files.length === 0) mistakes.push(`error: ${noLabAt(word)}\n`);
    for (const mistake of mistakes) {
      if (mistake === undefined) right++;
      else wrong++;
      process.stderr.write(mistake ?? '');
    }
  }
  const summary = wrong === 0 ? `${count(right)} right` : `${count(right)} right, ${wrong} not`;
  process.stdout.write(`${summary}\n`);
  return wrong === 0 ? ExitCode.ok : ExitCode.usage;
}

/** What is wrong with a file, in itself or in what it asks for; undefined where nothing is. */
async function mistakesOf(file: string, parts: Parts): Promise<string | undefined> {
  const read = await parts.readLab(file);
  if ('mistakes' in read) return read.mistakes;
  const lab = { name: labNameOf(file), file, ...read };
  try {
    makeRuns([lab], { ...parts, timers: 'fast', stacks: await chosenStacks([lab], undefined, parts) });
    return undefined;
  } catch (error) {
    if (error instanceof LabMistakes) return error.mistakes.join('\n');
    if (error instanceof UsageError) return `${file}: ${error.message}\n`;
    throw error;
  }
}

const count = (labs: number): string => `${labs} ${labs === 1 ? 'lab' : 'labs'}`;
