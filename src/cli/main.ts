#!/usr/bin/env node
/** The command miflab: parses, runs one command, and turns whatever happens into an exit code. */
import { ExitCode } from '../suite/exit-code.ts';
import { KernelUnavailable } from '../suite/kernel.ts';
import { gitBisectExitCode } from '../suite/outcome.ts';
import { makeProgram, usageExitCode } from './program.ts';
import { UsageError } from './usage-error.ts';

/** The exit code of a command line. Nothing is thrown. */
async function main(argv: string[]): Promise<number> {
  let exitCode: number = ExitCode.ok;
  const program = makeProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv);
    return exitCode;
  } catch (error) {
    return explain(error);
  }
}

async function explain(error: unknown): Promise<number> {
  if (error instanceof UsageError) {
    process.stderr.write(`error: ${error.message}\n`);
    return ExitCode.usage;
  }
  if (error instanceof KernelUnavailable) {
    process.stderr.write(
      `error: ${error.message}\n${error.remedy && `To get it, as root:\n  ${error.remedy}\n`}`,
    );
    return ExitCode.machine;
  }
  return usageExitCode(error) ?? (await import('./bug.ts')).reportBug(error);
}

// A reader that has seen enough (miflab list | head) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? ExitCode.ok);
  throw error;
});

const exitCode = await main(process.argv);
// Here, for it is also what wrong usage comes to: to git bisect that would be a bad commit.
process.exitCode = process.argv.includes('--git-bisect') ? gitBisectExitCode(exitCode) : exitCode;
