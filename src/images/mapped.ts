/** A program in a lab's ids, run to its end. */
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { startMapped } from '../sys/sandbox.ts';

/** Its output. @throws an Error with what it said where it fails */
export const runMapped = async (command: string[], input?: Readable): Promise<string> => {
  const { started } = await startMapped(command);
  let output = '';
  let errors = '';
  started.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  started.stdout.resume();
  started.stderr.on('data', (chunk: Buffer) => {
    errors += chunk;
  });
  started.stderr.resume();
  if (input) await pipeline(input, started.stdin).catch(() => {});
  else started.stdin.end();
  const { exitCode } = await started;
  if (exitCode !== 0) throw new Error(`${command[0]}: ${errors.trim() || `exit ${exitCode}`}`);
  return output;
};
