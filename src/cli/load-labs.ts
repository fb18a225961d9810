import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { closest } from '../lab/closest.ts';
import { labFilesBelow, labFilesOf, labNameOf } from '../suite/lab-files.ts';
import type { LoadedLab } from '../suite/make-runs.ts';
import type { Parts } from './parts.ts';
import { LabMistakes, UsageError } from './usage-error.ts';

/**
 * Reads every lab that the words of a command line stand for, all below labs/ where there are none.
 *
 * @throws UsageError with all mistakes of all files, so that nothing is started for a suite that is not whole
 */
export async function loadLabs(words: string[], readLab: Parts['readLab']): Promise<LoadedLab[]> {
  const labs: LoadedLab[] = [];
  const mistakes: string[] = [];
  for (const file of filesOf(words)) {
    const read = await readLab(file);
    if ('mistakes' in read) mistakes.push(read.mistakes);
    else labs.push({ name: labNameOf(file), file, ...read });
  }
  if (mistakes.length > 0) throw new LabMistakes(mistakes);
  return labs;
}

/** The file of the one lab that a word stands for. */
export function oneLabFile(word: string): string {
  const files = filesOf([word]);
  if (files.length !== 1)
    throw new UsageError(
      `${word} has ${files.length} labs: name one of them, such as ${labNameOf(files[0]!)}`,
    );
  return files[0]!;
}

function filesOf(words: string[]): string[] {
  const files = (words.length > 0 ? words : ['labs']).flatMap((word) => {
    const found = labFilesOf(word);
    if (found.length === 0) throw new UsageError(noLabAt(word));
    return found;
  });
  return [...new Set(files)];
}

/** Says that a word of the command line stands for no lab, and what was probably meant. */
export function noLabAt(word: string): string {
  if (existsSync(word)) return `no lab in ${word}: a lab is a file called NAME.yaml`;
  if (word === 'labs') return 'no folder labs/ here: name a lab file, or go where the labs are';
  const names = labFilesBelow('labs').map(labNameOf);
  const topics = names.flatMap((name) => (name.includes('/') ? [dirname(name)] : []));
  const meant =
    names.find((name) => name.endsWith(`/${word}`)) ??
    closest(word, [...topics, ...names, ...names.map((name) => `labs/${name}.yaml`)]);
  return `no lab called ${word}${meant ? `: did you mean ${meant}?` : ': miflab list shows what there is'}`;
}
