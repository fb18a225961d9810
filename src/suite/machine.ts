/** What this machine has, found by looking and by trying. Nothing that is tried outlives its try. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { lackingContainer } from '../containers/engine.ts';
import { imageHasProgram, unusable } from '../images/store.ts';
import { runProgram } from '../sys/program.ts';
import { closedFolder } from '../sys/sandbox.ts';
import { idMapping } from '../sys/user-ids.ts';
import { modulesPath, programPath } from '../testbed/bundle.ts';
import { kernelFeatures } from './kernel-features.ts';
import type { Machine } from './needs.ts';

/** Ordinary users have no sbin in their PATH on Debian, and a lab's sandbox has it. */
const folders = [...(process.env.PATH ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'];

export const thisMachine: Machine = {
  user: userInfo().username,
  hasProgram: (name, image) =>
    image === undefined
      ? folders.some((folder) => isExecutable(join(folder, name)))
      : imageHasProgram(image, name),
  hasHeader: (name) => existsSync(join('/usr/include', name)),
  lackingImage: unusable,
  hasModule: (name) => existsSync(join(modulesPath(), name)),
  lackingContainer,
  hasIdRange: () => idMapping() === 'range',
  refusesSandbox,
  lackingFeatures,
};

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const throwaway = [
  'unshare',
  '--user',
  '--map-root-user',
  '--net',
  '--mount',
  '--pid',
  '--fork',
  '--kill-child',
];

async function refusesSandbox() {
  const { code, errors } = await runProgram([...throwaway, 'true']);
  if (code !== 0) return { said: errors.trim(), ...whyRefused() };
  const proc = await runProgram([...throwaway, '--mount-proc', 'true']);
  if (proc.code !== 0) return { said: proc.errors.trim(), ...procHidden };
  const closed = closedFolder([programPath('lab-process.js'), modulesPath(), process.execPath]);
  if (closed === undefined) return undefined;
  return {
    said: `${closed} is open to root alone`,
    reason: 'a lab of root has the rights of no user, and cannot read miflab or Node',
    remedy: `chmod o+x ${closed}`,
  };
}

/** The kernel gives no new /proc to whom it shows parts of the old one only (mount_too_revealing in fs/namespace.c). */
const procHidden = {
  reason: 'parts of /proc are hidden, as in a container',
  remedy: 'start the container with: docker run --security-opt systempaths=unconfined',
};

/** The known reasons why a machine gives no user namespace, by what its kernel parameters say. */
function whyRefused(): { reason: string; remedy: string } {
  if (parameter('user/max_user_namespaces') === '0') {
    return { reason: 'user namespaces are switched off', remedy: 'sysctl -w user.max_user_namespaces=10000' };
  }
  if (parameter('kernel/unprivileged_userns_clone') === '0') {
    return {
      reason: 'user namespaces are for root only',
      remedy: 'sysctl -w kernel.unprivileged_userns_clone=1',
    };
  }
  if (parameter('kernel/apparmor_restrict_unprivileged_userns') === '1') {
    return {
      reason: 'AppArmor forbids user namespaces to ordinary users, as Ubuntu does since 24.04',
      remedy: 'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
    };
  }
  if (existsSync('/.dockerenv') || existsSync('/run/.containerenv')) {
    return {
      reason: 'this container has no right to make namespaces',
      remedy:
        'start it with: docker run --cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined',
    };
  }
  return { reason: 'this machine gives no user namespace', remedy: '' };
}

function parameter(path: string): string | undefined {
  const file = join('/proc/sys', path);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

/** One throw-away namespace for all of them: each prints its name where it works. */
export async function lackingFeatures(names: string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const tries = names.map((name) => `(${kernelFeatures[name] ?? 'false'}) >&2 && echo ${name}`);
  const { output } = await runProgram([
    ...throwaway,
    'sh',
    '-c',
    `PATH=$PATH:/usr/sbin:/sbin\n${tries.join('\n')}\ntrue`,
  ]);
  const works = new Set(output.split('\n'));
  return names.filter((name) => !works.has(name));
}
