import { execa } from 'execa';
import type { LoadedLab } from '../lab/reader.ts';
import { makeTopology } from '../plan/topology.ts';
import { FABRIC, inNode } from '../testbed/places.ts';
import { loadLabs, oneLabFile } from './load-labs.ts';
import { insideLab } from './running-lab.ts';
import { UsageError } from './usage-error.ts';

/** Writes the packets of a link of a lab that is up to standard output, as pcapng, until Ctrl-C. */
export async function capture(word: string, link: string): Promise<number> {
  const { parts } = await import('./laboratory.ts');
  const [lab] = (await loadLabs([oneLabFile(word)], parts.readLab)) as (LoadedLab & { name: string })[];
  const { links } = makeTopology(lab!.lab);
  const found = links.find(({ name }) => name === link);
  if (!found)
    throw new UsageError(
      `${lab!.name} has no link ${link}: there is ${links.map(({ name }) => name).join(', ')}`,
    );
  const [file, ...args] = insideLab(
    lab!.name,
    inNode({ name: FABRIC, ownFiles: false }, ['dumpcap', '-q', '-i', found.bridge.name, '-w', '-']),
  );
  const { exitCode } = await execa(file!, args, {
    stdin: 'ignore',
    stdout: 'inherit',
    stderr: 'inherit',
    reject: false,
    buffer: false,
  });
  return exitCode ?? 0;
}
