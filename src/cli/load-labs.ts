import { closest } from '../lab/closest.ts';
import { labFilesBelow, labFilesOf, labNameOf } from '../suite/lab-files.ts';
import type { LoadedLab } from '../suite/make-runs.ts';
import type { Parts } from './parts.ts';
import { UsageError } from './usage-error.ts';

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
  if (mistakes.length > 0)
    throw new UsageError(`${mistakes.length} of the lab files cannot be read\n\n${mistakes.join('\n')}`);
  return labs;
}

/** The file of the one lab that a word stands for. */
export function oneLabFile(word: string): string {
  const files = filesOf([word]);
  if (files.length !== 1) throw new UsageError(`${word} has ${files.length} labs: name one of them`);
  return files[0]!;
}

/** The name of the one lab that a word stands for. */
export const labName = (word: string): string => labNameOf(oneLabFile(word));

function filesOf(words: string[]): string[] {
  const files = (words.length > 0 ? words : ['labs']).flatMap((word) => {
    const found = labFilesOf(word);
    if (found.length === 0) throw new UsageError(`no lab at ${word}${suggestion(word)}`);
    return found;
  });
  return [...new Set(files)];
}

function suggestion(word: string): string {
  const known = labFilesBelow('labs');
  const meant = closest(word, [...known, ...known.map(labNameOf)]);
  return meant ? `: did you mean ${meant}?` : '';
}
