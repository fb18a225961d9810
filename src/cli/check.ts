/** miflab check: are these lab files right? */
import { printDiagnostics } from '../lab/diagnostics.ts';
import { readLabFile } from '../lab/files.ts';
import { ExitCode } from '../suite/exit-code.ts';
import { labFilesOf } from '../suite/lab-files.ts';

/** Prints every mistake of every file on standard error; how many files are right, on standard output. */
export async function check(words: string[]): Promise<number> {
  const color = process.stderr.isTTY === true && !process.env.NO_COLOR;
  let right = 0;
  let wrong = 0;
  for (const word of words.length > 0 ? words : ['labs']) {
    const files = labFilesOf(word);
    if (files.length === 0) {
      process.stderr.write(`${word}: no lab there\n`);
      wrong++;
    }
    for (const file of files) {
      const { lab, diagnostics, text } = await readLabFile(file);
      process.stderr.write(printDiagnostics(diagnostics, text, { color }));
      if (lab) right++;
      else wrong++;
    }
  }
  const summary = wrong === 0 ? `${count(right)} right` : `${count(right)} right, ${wrong} not`;
  process.stdout.write(`${summary}\n`);
  return wrong === 0 ? ExitCode.ok : ExitCode.usage;
}

const count = (labs: number): string => `${labs} ${labs === 1 ? 'lab' : 'labs'}`;
