import { execa } from 'execa';
import { labNameOf } from '../suite/lab-files.ts';
import { FABRIC, inNode, mountPath } from '../testbed/places.ts';
import { oneLabFile } from './load-labs.ts';
import { insideLab } from './running-lab.ts';

/** Runs a command, or a shell, on a node of a lab that is up; its exit code is the command's. */
export async function exec(word: string, node: string, command: string[]): Promise<number> {
  const wanted = command.length > 0 ? command : ['/bin/bash'];
  const lab = labNameOf(oneLabFile(word));
  const known = await execa(...spawnable(insideLab(lab, ['ls', '/run/netns', mountPath('')])), {
    reject: false,
  });
  const [networks = '', mounts = ''] = known.stdout.split('\n\n');
  const nodes = names(networks);
  if (!nodes.includes(node)) {
    process.stderr.write(
      `error: ${lab} has no node ${node}: there is ${nodes.filter((name) => name !== FABRIC).join(', ')}\n`,
    );
    return 2;
  }
  const inside = inNode({ name: node, ownFiles: names(mounts).includes(node) }, wanted);
  const { exitCode } = await execa(...spawnable(insideLab(lab, inside)), { stdio: 'inherit', reject: false });
  return exitCode ?? 1;
}

/** The entries of a folder as `ls` prints it, less its own heading. */
const names = (listing: string): string[] =>
  listing.split('\n').filter((line) => line && !line.endsWith(':'));

const spawnable = ([file, ...args]: string[]): [string, string[]] => [file!, args];
