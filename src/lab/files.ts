/** Lab files from the disk, never more than a lab may have: whatever a file is, it is not drawn into memory. */
import { readFile, stat } from 'node:fs/promises';
import type { Diagnostic } from './diagnostics.ts';
import { LARGEST_FILE, type ReadLab, readLab, tooLarge } from './reader.ts';

export interface ReadFile extends ReadLab {
  /** What could be read of the file, for code frames. */
  text: string;
}

/** Reads a lab file. What keeps it from being read is a diagnostic too. */
export async function readLabFile(file: string): Promise<ReadFile> {
  const bytes = await bytesOf(file);
  if (!(bytes instanceof Uint8Array)) return { text: '', diagnostics: [bytes] };
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const mistake = notUtf8(bytes, text, file);
  return mistake ? { text, diagnostics: [mistake] } : { text, ...readLab(text, file) };
}

const messages: Record<string, string | undefined> = {
  ENOENT: 'no such file',
  EACCES: 'may not be read',
};

async function bytesOf(file: string): Promise<Uint8Array | Diagnostic> {
  try {
    const stats = await stat(file);
    if (!stats.isFile()) return { file, line: 1, column: 1, message: 'not a regular file' };
    return stats.size > LARGEST_FILE ? tooLarge(file) : await readFile(file);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    return { file, line: 1, column: 1, message: messages[code] ?? message };
  }
}

function notUtf8(bytes: Uint8Array, text: string, file: string): Diagnostic | undefined {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return undefined;
  } catch {
    const before = text.slice(0, Math.max(text.indexOf('\ufffd'), 0)).split('\n');
    return { file, line: before.length, column: before.at(-1)!.length + 1, message: 'not UTF-8' };
  }
}
