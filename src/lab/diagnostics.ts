/** A mistake in a lab file as people read it: the place, a code frame, what was probably meant. Pure. */
import { styleText } from 'node:util';

export interface Diagnostic {
  file: string;
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
  /** The column after the last one meant, on the same line. */
  endColumn?: number;
  message: string;
  /** What may stand there. */
  expected?: string;
  /** What was probably meant. */
  suggestion?: string;
}

/** A file of garbage has more mistakes than anybody reads. */
const MOST_SHOWN = 100;

/** Columns of a line that a frame shows. */
const WIDTH = 100;

/** All diagnostics as text, each `file:line:column: message` with its code frame; ends with a newline if there is one. */
export function printDiagnostics(
  diagnostics: Diagnostic[],
  text: string,
  { color }: { color: boolean },
): string {
  const lines = text.split(/\r\n|\r|\n/);
  const more = diagnostics.length - MOST_SHOWN;
  const shown = diagnostics
    .slice(0, MOST_SHOWN)
    .map((diagnostic, index) => print(diagnostic, diagnostics[index - 1], lines, color));
  return [...shown, ...(more > 0 ? [`and ${more} more\n`] : [])].join('\n');
}

/** Of several at one place the first shows it. */
function print(
  diagnostic: Diagnostic,
  before: Diagnostic | undefined,
  lines: string[],
  color: boolean,
): string {
  const { file, line, column, message, expected, suggestion } = diagnostic;
  const paint = (style: Parameters<typeof styleText>[0], words: string) =>
    color ? styleText(style, words, { validateStream: false }) : words;
  const source = before?.line === line && before.column === column ? undefined : lines[line - 1];
  return [
    `${paint('bold', `${file}:${line}:${column}:`)} ${paint('red', printable(message))}`,
    ...(source?.trim() ? frame(source, diagnostic, (words) => paint('red', words)) : []),
    ...(suggestion !== undefined ? [`  did you mean ${paint('green', printable(suggestion))}?`] : []),
    ...(expected !== undefined && suggestion === undefined ? [`  expected: ${printable(expected)}`] : []),
    '',
  ].join('\n');
}

/** The line, cut to what is around the mistake, and carets below what is meant. */
function frame(
  source: string,
  { line, column, endColumn }: Diagnostic,
  paint: (words: string) => string,
): string[] {
  const start = column <= WIDTH ? 0 : column - WIDTH / 2;
  const visible = printable(source.slice(start, start + WIDTH));
  const before = source.slice(start, column - 1);
  const length = Math.min(
    Math.max((endColumn ?? column + 1) - column, 1),
    Math.max(start + WIDTH - column + 1, 1),
  );
  const number = String(line);
  return [
    `  ${number} | ${visible}`,
    `  ${' '.repeat(number.length)} | ${printable(before).replace(/./gu, ' ')}${paint('^'.repeat(length))}`,
  ];
}

/** What a terminal would obey rather than show. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is meant
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

const printable = (text: string): string => text.replaceAll('\t', ' ').replace(CONTROL, '\ufffd');
