/**
 * Hosts with files and a name of their own: a mount and a UTS namespace, held by a process that reads its
 * standard input and so ends with the lab. (Linux 6.18 refuses to pin a mount namespace to a file here.)
 */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { execa } from 'execa';
import type { PlannedNode } from '../plan/plan.ts';
import { LEFT_ALONE } from '../sys/program.ts';
import { LabFault } from './faults.ts';
import { filesPath, mountPath, RUN_FOLDER, utsPath } from './places.ts';

/** The script is a constant; what varies are its arguments and the files it reads. */
const PREPARE = `
hostname "$1"
mkdir -p "$0/upper/$1" "$0/work/$1"
mount -t overlay overlay -o lowerdir=/etc,upperdir="$0/upper/$1",workdir="$0/work/$1" /etc || exit
mount -t tmpfs -o mode=1777 tmpfs /tmp || exit
for file in "$0/files/$1"/*; do
  rm -f "/etc/\${file##*/}" && cp "$file" /etc/ || exit
done
echo ready
exec cat
`;

export const giveOwnFiles = async (node: PlannedNode): Promise<void> => {
  mkdirSync(filesPath(node.name), { recursive: true });
  const files = { ...node.files, '/etc/hostname': `${node.name}\n` };
  for (const [path, text] of Object.entries(files))
    writeFileSync(`${filesPath(node.name)}/${basename(path)}`, text);
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
    holder.once('exit', () => reject(new LabFault(`files of ${node.name}: ${errors.trim()}`)));
  });
  symlinkSync(`/proc/${holder.pid}/ns/mnt`, mountPath(node.name));
  symlinkSync(`/proc/${holder.pid}/ns/uts`, utsPath(node.name));
};
