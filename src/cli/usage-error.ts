/** What was asked for cannot be done as it was asked: said in one sentence, exit code 2. */
export class UsageError extends Error {}

/** Lab files are wrong: what stands in each, ready to be printed. */
export class LabMistakes extends UsageError {
  readonly mistakes: string[];
  constructor(mistakes: string[]) {
    const files = mistakes.length === 1 ? 'a lab file has' : `${mistakes.length} lab files have`;
    super(`${files} mistakes, nothing was started\n\n${mistakes.join('\n')}`);
    this.mistakes = mistakes;
  }
}

/**
 * Writes what a command leaves behind.
 *
 * @throws UsageError where the file system refuses, with what to do
 */
export function written<T>(what: string, advice: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new UsageError(`cannot write ${what}: ${message}${advice && `\n${advice}`}`);
  }
}
