/**
 * Hosts with files and a name of their own: a mount and a UTS namespace, held by a process that reads its
 * standard input and so ends with the lab. (Linux 6.18 refuses to pin a mount namespace to a file here.)
 */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { execa } from 'execa';
import type { PlannedDaemon, PlannedFile, PlannedNode } from '../plan/plan.ts';
import { LEFT_ALONE } from '../sys/program.ts';
import { LabFault, MachineFault } from './faults.ts';
import { mountPath, type Place, pathOn, RUN_FOLDER, rootPath, utsPath } from './places.ts';

/** The script is a constant; what varies are its arguments. */
const PREPARE = `
hostname "$1"
mkdir -p "$0/work/$1"
mount -t overlay overlay -o lowerdir=/etc,upperdir="$0/upper/$1",workdir="$0/work/$1" /etc || exit
mount -t tmpfs -o mode=1777,size=64m tmpfs /tmp || exit
mount -t tmpfs -o mode=755,size=64m tmpfs /run || exit
mount -t tmpfs -o mode=755,size=64m tmpfs /var || exit
mkdir -p /var/lib /var/cache /var/log && mkdir -m 1777 /var/tmp && ln -s /run /var/run || exit
echo ready
exec cat
`;

export const giveOwnFiles = async (node: PlannedNode, daemons: PlannedDaemon[]): Promise<void> => {
  ownFolders(node.name, [...Object.keys(node.files), ...daemons.flatMap(({ files }) => Object.keys(files))]);
  const holder = execa(
    'unshare',
    ['--mount', '--uts', '--propagation', 'private', '/bin/sh', '-c', PREPARE, RUN_FOLDER, node.name],
    {
      ...LEFT_ALONE,
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'pipe',
      buffer: false,
    },
  );
  await new Promise<void>((resolve, reject) => {
    let errors = '';
    holder.stderr.on('data', (chunk: Buffer) => {
      errors += chunk;
    });
    holder.stdout.once('data', () => resolve());
    holder.once('exit', () =>
      reject(new MachineFault(`no files of its own for ${node.name}: ${errors.trim()}`)),
    );
  });
  symlinkSync(`/proc/${holder.pid}/ns/mnt`, mountPath(node.name));
  symlinkSync(`/proc/${holder.pid}/ns/uts`, utsPath(node.name));
  symlinkSync(`/proc/${holder.pid}/root`, rootPath(node.name));
  layFiles(node, { ...node.files, '/etc/hostname': `${node.name}\n` });
};

/** The machine's folders below /etc belong to nobody here; those that get files do so in the upper layer, where they are ours. */
const ownFolders = (node: string, paths: string[]): void => {
  const upper = `${RUN_FOLDER}/upper/${node}`;
  const below = paths
    .filter((path) => path.startsWith('/etc/'))
    .map((path) => dirname(path.slice('/etc'.length)));
  for (const folder of new Set(['', ...below])) mkdirSync(`${upper}${folder}`, { recursive: true });
};

/** Each takes the place of what stood there, a symbolic link too. Throws a LabFault where no file can be. */
export const layFiles = (node: Place, files: Record<string, PlannedFile>): void => {
  for (const [path, file] of Object.entries(files)) {
    const place = pathOn(node, path);
    try {
      mkdirSync(dirname(place), { recursive: true });
      rmSync(place, { force: true });
      if (typeof file === 'string') writeFileSync(place, file);
      else if ('link' in file) symlinkSync(file.link, place);
      else writeFileSync(place, file.text, { mode: file.mode });
    } catch (error) {
      throw new LabFault(`the file ${path} of ${node.name}: ${(error as NodeJS.ErrnoException).code}`);
    }
  }
};
