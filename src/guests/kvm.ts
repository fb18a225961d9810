/** Whether KVM works here. A device that is there says nothing: only a boot does. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../sys/cache.ts';
import { startSandbox } from '../sys/sandbox.ts';
import { modulesPath, programPath } from '../testbed/bundle.ts';
import { emulator } from './qemu.ts';

/** What a guest's sandbox shows of it, as arguments of bubblewrap. */
export const KVM_VIEW = ['--dev-bind-try', '/dev/kvm', '/dev/kvm'];

/** With KVM it takes a second; where it hangs, the guests are emulated, which is slower and no less right. */
const DEADLINE_MS = 10_000;
const KERNEL = '/run/miflab-kernel';

interface Found {
  /** Which boot of the machine this was found in (random(4)). */
  bootId: string;
  /** Why KVM cannot be used; absent where it can. */
  reason?: string;
}

/** Tried by a kernel, once in each boot of this machine. @returns why it cannot be used; undefined where it can */
export const lackingKvm = async (kernel: string): Promise<string | undefined> => {
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const known = remembered();
  if (known?.bootId === bootId) return known.reason;
  const reason = await tryKvm(kernel);
  remember({ bootId, reason });
  return reason;
};

/** A kernel without a root file system is all there when it panics for the want of one. */
const tryKvm = async (kernel: string): Promise<string | undefined> => {
  const { sandbox } = await startSandbox({
    program: programPath('guest-agent.js'),
    modules: modulesPath(),
    lab: 'probe of KVM',
    keep: false,
    images: {},
    command: [...emulator('kvm', KERNEL), '-append', 'console=ttyS0 panic=-1'],
    view: ['--ro-bind', kernel, KERNEL, ...KVM_VIEW],
  });
  let said = '';
  let hangs = false;
  sandbox.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk).slice(-4096);
  });
  sandbox.stdout.resume();
  const watchdog = setTimeout(() => {
    hangs = true;
    sandbox.kill('SIGKILL');
  }, DEADLINE_MS);
  await sandbox;
  clearTimeout(watchdog);
  return verdictOn(said, hangs);
};

/** Why the boot that said this was none. Pure. */
export const verdictOn = (said: string, hangs: boolean): string | undefined => {
  if (/Unable to mount root fs/.test(said)) return undefined;
  if (hangs) return `with KVM a kernel hangs (not up within ${DEADLINE_MS / 1000} s)`;
  const [line] = /^.*(?:kvm|KVM|error).*$/m.exec(said) ?? [];
  return `KVM does not work (${line?.replace(/^qemu-system-x86_64: /, '').trim() || 'QEMU ends at once'})`;
};

const file = (): string => join(cacheFolder(), 'kvm.json');

const remembered = (): Found | undefined => {
  try {
    return JSON.parse(readFileSync(file(), 'utf8')) as Found;
  } catch {
    return undefined;
  }
};

/** Where nothing can be kept, it is tried each time. */
const remember = (found: Found): void => {
  try {
    mkdirSync(cacheFolder(), { recursive: true });
    writeFileSync(file(), `${JSON.stringify(found)}\n`);
  } catch {}
};
