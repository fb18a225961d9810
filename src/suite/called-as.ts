import { relative } from 'node:path';

/** How this miflab is called, for commands that a person copies: by its name, or by its file where it is not installed. */
export const miflab = nameOf(process.argv[1] ?? 'miflab');

function nameOf(program: string): string {
  return program.endsWith('.js') ? `node ${relative('.', program)}` : 'miflab';
}
