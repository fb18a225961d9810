import { buildKernel } from '../guests/build-kernel.ts';
import { findKernel } from '../guests/kernel-names.ts';
import { removeKernel, storedKernel, storedKernels } from '../guests/kernel-store.ts';
import { ExitCode } from '../suite/exit-code.ts';
import { columns } from './columns.ts';
import { UsageError } from './usage-error.ts';

/** Builds a kernel from a tree of sources or Debian's; what make says goes to standard error. */
export async function build(source: string, { qemu = false }: { qemu?: boolean }): Promise<ExitCode> {
  const { name } = await buildKernel({
    kind: qemu ? 'qemu' : 'uml',
    source,
    onLine: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${name} is there: miflab run --kernel ${name}\n`);
  return ExitCode.ok;
}

/** Gets kernels before they are needed. */
export async function fetch(names: string[]): Promise<ExitCode> {
  for (const name of names) process.stdout.write(`${name}: ${(await findKernel(name)).file}\n`);
  return ExitCode.ok;
}

/** Prints a line per kernel that was fetched or built. */
export async function list(): Promise<ExitCode> {
  const rows = storedKernels().map(({ name, kind, from, made }) => [name, kind, made.slice(0, 10), from]);
  process.stdout.write(rows.length > 0 ? columns(rows) : 'no kernel was fetched or built yet\n');
  return ExitCode.ok;
}

export async function remove(names: string[]): Promise<ExitCode> {
  for (const name of names) if (!storedKernel(name)) throw new UsageError(`there is no kernel ${name}`);
  for (const name of names) removeKernel(name);
  return ExitCode.ok;
}
