/** Finding a lab that is up, from another terminal, and getting into it. Nothing is written down anywhere: the lab is its process. */
import { readdirSync, readFileSync } from 'node:fs';
import { LAB_VARIABLE } from '../sys/sandbox.ts';
import { UsageError } from './usage-error.ts';

/** The command that runs another one inside the sandbox of a lab that is up; throws a UsageError where none is. */
export const insideLab = (lab: string, command: string[]): string[] => {
  const pid = processOf(lab);
  if (pid === undefined)
    throw new UsageError(`${lab} is not up: start it with miflab up ${lab} in another terminal`);
  return [
    'nsenter',
    `--target=${pid}`,
    '--user',
    '--mount',
    '--net',
    '--pid',
    '--uts',
    '--ipc',
    '--setuid=0',
    '--setgid=0',
    '--wd=/',
    '--',
    ...command,
  ];
};

/** The lab's own process is the one whose environment names it and whose program is miflab's. */
const processOf = (lab: string): string | undefined =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`${LAB_VARIABLE}=${lab}`) &&
          readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('lab-process') &&
          !readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('bwrap')
        );
      } catch {
        return false;
      }
    });
