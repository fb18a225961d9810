/**
 * Hosts with a user land of their own: mount, pid, uts and ipc namespaces around an overlay of the image, whose
 * changes lie in memory and go with the lab. bubblewrap makes them, and its first process reaps what daemons leave.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import type { PlannedNode } from '../plan/plan.ts';
import { LEFT_ALONE } from '../sys/program.ts';
import { IMAGE_FOLDER } from '../sys/sandbox.ts';
import { MachineFault } from './faults.ts';
import { layFiles } from './own-files.ts';
import { ipcPath, mountPath, networkPath, pidPath, RUN_FOLDER, rootPath, utsPath } from './places.ts';

/** What systemd-tmpfiles makes at boot, of what daemons of the images need. */
const BOOT_FOLDERS = ['lock', 'dbus', 'systemd', 'network', 'NetworkManager', 'connman']
  .map((name) => `--dir /run/${name}`)
  .join(' ');

/**
 * The script is a constant; what varies are its arguments. /sys is read-only: that is how networkd and
 * NetworkManager know that there is no udev, which they would wait for.
 */
const PREPARE = `
cd "$0/user-lands/$1" || exit
mount -t overlay overlay -o "lowerdir=$2,upperdir=$PWD/upper,workdir=$PWD/work" root || exit
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys || exit
exec bwrap --info-fd 3 --die-with-parent --unshare-pid --unshare-uts --unshare-ipc --hostname "$1" \\
  --bind root / --proc /proc --ro-bind sys /sys --dev /dev --dev-bind-try /dev/net/tun /dev/net/tun \\
  --ro-bind-try /miflab /miflab --tmpfs /run --perms 1777 --tmpfs /tmp ${BOOT_FOLDERS} --chdir / -- \\
  /bin/sh -c 'echo ready; exec cat' 3>&1
`;

export const giveUserLand = async (node: PlannedNode, image: string): Promise<void> => {
  const { name } = node;
  for (const part of ['upper', 'work', 'root', 'sys'])
    mkdirSync(`${RUN_FOLDER}/user-lands/${name}/${part}`, { recursive: true });
  const pid = await startHolder([
    'nsenter',
    `--net=${networkPath(name)}`,
    'unshare',
    '--mount',
    '--propagation',
    'private',
    '/bin/sh',
    '-c',
    PREPARE,
    RUN_FOLDER,
    name,
    `${IMAGE_FOLDER}/${image}`,
  ]).catch((error: Error) => {
    throw new MachineFault(`the user land of ${name}: ${error.message}`);
  });
  symlinkSync(`/proc/${pid}/ns/mnt`, mountPath(name));
  symlinkSync(`/proc/${pid}/ns/uts`, utsPath(name));
  symlinkSync(`/proc/${pid}/ns/pid`, pidPath(name));
  symlinkSync(`/proc/${pid}/ns/ipc`, ipcPath(name));
  symlinkSync(`/proc/${pid}/root`, rootPath(name));
  layFiles(node, {
    '/etc/hostname': `${name}\n`,
    // DHCP identifiers and stable addresses come from it: they are the same in every run.
    '/etc/machine-id': `${createHash('md5').update(name).digest('hex')}\n`,
    ...node.files,
  });
};

/** The pid of the first process within, once everything is in place. It ends with our end of its standard input. */
const startHolder = (command: string[]): Promise<number> => {
  const [file, ...args] = command as [string, ...string[]];
  const holder = execa(file, args, {
    ...LEFT_ALONE,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
  });
  return new Promise((resolve, reject) => {
    let pid = 0;
    let errors = '';
    createInterface({ input: holder.stdout }).on('line', (line) => {
      pid = Number(/"child-pid": (\d+)/.exec(line)?.[1] ?? pid);
      if (line === 'ready') resolve(pid);
    });
    holder.stderr.on('data', (chunk: Buffer) => {
      errors += chunk;
    });
    holder.once('exit', () => reject(new Error(errors.trim())));
  });
};
