/** A lab file's text → the lab, or everything that is wrong with the file. Pure. */
import type { Diagnostic } from './diagnostics.ts';
import { type Place, parseLabDocument } from './document.ts';
import { checkLab } from './lab-problems.ts';
import type { Path } from './problem.ts';
import type { Lab } from './schema.ts';

export interface LoadedLab {
  lab: Lab;
  file: string;
  text: string;
  /** The place in the file of what stands at a path of the lab; of what is nearest around it where nothing does. */
  positionOf(path: Path): Place;
}

export interface ReadLab {
  /** Undefined where there are diagnostics. */
  lab?: LoadedLab;
  /** In the order of the file. */
  diagnostics: Diagnostic[];
}

/** Characters. A lab of a thousand hosts has 60,000; of hostile input, yaml takes up to 15 s for a million. */
export const LARGEST_FILE = 250_000;

/** @param file the name that diagnostics carry; nothing is read from it */
export function readLab(text: string, file: string): ReadLab {
  if (text.length > LARGEST_FILE) return { diagnostics: [tooLarge(file)] };
  const { data, mistakes, placeOf } = parseLabDocument(text);
  if (data === undefined) return { diagnostics: inOrder(mistakes.map((mistake) => ({ file, ...mistake }))) };

  const { lab, problems } = checkLab(data);
  const diagnostics = [
    ...mistakes.map((mistake) => ({ file, ...mistake })),
    ...problems.map(({ path, atKey, message, expected, suggestion }) => ({
      file,
      ...placeOf(path, atKey),
      message,
      expected,
      suggestion,
    })),
  ];
  return lab && diagnostics.length === 0
    ? { lab: { lab, file, text, positionOf: (path) => placeOf(path) }, diagnostics }
    : { diagnostics: inOrder(diagnostics) };
}

export const tooLarge = (file: string): Diagnostic => ({
  file,
  line: 1,
  column: 1,
  message: `larger than ${LARGEST_FILE / 1000} kB: this is no lab`,
});

const inOrder = (diagnostics: Diagnostic[]): Diagnostic[] =>
  diagnostics.sort((one, other) => one.line - other.line || one.column - other.column);
