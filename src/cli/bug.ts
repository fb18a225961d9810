import { writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { ExitCode } from '../suite/exit-code.ts';
import { version } from '../suite/version.ts';

/** Says that miflab itself is at fault, keeps the stack trace in a file, and returns the exit code. */
export function reportBug(error: unknown): ExitCode {
  const stack = inspect(error);
  const file = join(tmpdir(), `miflab-bug-${process.pid}.txt`);
  const about = `miflab ${version}, Node ${process.version}, Linux ${release()}\n${process.argv.slice(2).join(' ')}\n`;
  writeFileSync(file, `${about}\n${stack}\n`);
  process.stderr.write(
    `bug: ${error instanceof Error ? error.message : error}\n` +
      `This is a mistake in miflab, not in your lab. Please report it with ${file}\n`,
  );
  return ExitCode.bug;
}
