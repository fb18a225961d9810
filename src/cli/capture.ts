import { execa } from 'execa';
import { closest } from '../lab/closest.ts';
import type { Plan, PlannedLink } from '../plan/plan.ts';
import { miflab } from '../suite/called-as.ts';
import { ExitCode } from '../suite/exit-code.ts';
import { enterSandbox, programInside } from '../sys/sandbox.ts';
import { planOfRunning, type RunningLab, runningLab } from './running-lab.ts';
import { UsageError } from './usage-error.ts';

/** Ctrl-C, and the end of the lab. */
const ENDS = new Set<string>(['SIGINT', 'SIGTERM', 'SIGKILL']);

/** Writes the packets of a link of a lab that is up, or of all links, to standard output as pcapng, until Ctrl-C. */
export async function capture(word: string, name: string | undefined): Promise<number> {
  if (process.stdout.isTTY) {
    const call = [miflab, 'capture', word, ...(name ? [name] : [])].join(' ');
    throw new UsageError(`packets are nothing for a terminal: ${call} | wireshark -k -i -`);
  }
  const lab = runningLab(word);
  const links = linksOf(await planOfRunning(lab), lab, name);
  const [file, ...args] = enterSandbox(lab.pid, [...programInside('capture-process.js'), ...links]);
  const capturing = execa(file!, args, {
    stdin: 'pipe',
    stdout: 'inherit',
    stderr: 'inherit',
    reject: false,
    buffer: false,
  });
  // The program inside may wait for a reader that has gone, and would not see the end of its input.
  const end = () => {
    capturing.stdin.end();
    capturing.kill('SIGTERM');
  };
  process.once('SIGINT', end);
  const { exitCode, signal } = await capturing;
  process.off('SIGINT', end);
  if (signal && !ENDS.has(signal)) throw new Error(`the capture was ended by ${signal}`);
  return exitCode ?? ExitCode.ok;
}

/** Every link of the internet is called internet. @throws UsageError where the lab has no such link */
function linksOf({ links }: Plan, lab: RunningLab, name: string | undefined): string[] {
  const nameOf = ({ name, kind }: PlannedLink) => (kind === 'internet' ? 'internet' : name);
  const wanted = links.filter((link) => name === undefined || nameOf(link) === name || link.name === name);
  if (wanted.length > 0) return wanted.map((link) => link.name);
  const names = [...new Set(links.map(nameOf))];
  const meant = closest(name!, names);
  throw new UsageError(
    `${lab.name} has no link ${name}: ${meant ? `did you mean ${meant}?` : `there is ${names.join(', ')}`}`,
  );
}
