import { hostKernelNeeds } from '../guests/host-kernel.ts';
import { buildNeeds } from '../plan/needs.ts';
import { stacks } from '../stacks/index.ts';
import { installCommand } from '../suite/debian-packages.ts';
import { ExitCode } from '../suite/exit-code.ts';
import { thisMachine } from '../suite/machine.ts';
import { everyNeed, isBlocking, type Machine, type Missing, missingOn } from '../suite/needs.ts';

/** A stack that lives in a user land has its programs there. */
const ofStacks = stacks
  .filter(({ needsUserLand }) => !needsUserLand)
  .flatMap(({ name, programs, build }) => [
    ...programs.map((program) => ({ kind: 'program' as const, name: program, for: `the stack ${name}` })),
    ...buildNeeds(build, `the stack ${name}`),
  ]);

/** Says all that this machine lacks, and the commands that get it. */
export async function doctor(_options: object, machine: Machine = thisMachine): Promise<ExitCode> {
  const missing = await missingOn(machine, [...everyNeed, ...ofStacks, ...hostKernelNeeds]);
  process.stdout.write(
    missing.length === 0 ? 'This machine has everything that labs need.\n' : report(missing),
  );
  return missing.some(isBlocking) ? ExitCode.machine : ExitCode.ok;
}

/** The sentences, the blocking ones first, and below them the commands to run. */
export function report(missing: Missing[]): string {
  const blocking = missing.filter(isBlocking);
  const optional = missing.filter((one) => !isBlocking(one));
  const isPackaged = ({ kind }: Missing) => kind === 'program' || kind === 'header';
  const programs = missing.filter(isPackaged).map(({ name }) => name);
  const others = missing.filter((one) => !isPackaged(one)).map(({ remedy }) => remedy);
  const commands = [installCommand(programs), ...others].filter(Boolean);
  return [
    ...section('Missing', blocking),
    ...section('Missing, and only labs that need it are unsupported', optional),
    ...(commands.length > 0 ? ['To get it, as root:', ...commands.map((command) => `  ${command}`)] : []),
    '',
  ].join('\n');
}

const section = (title: string, missing: Missing[]): string[] =>
  missing.length > 0 ? [`${title}:`, ...missing.map(({ message }) => `  ${message}`)] : [];
