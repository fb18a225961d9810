/**
 * Labs in virtual time: a User-mode Linux kernel in which computing takes no time and idling is skipped
 * (time-travel=inf-cpu). Each lab has a guest of its own, booted for it, so that it begins at the same moment of
 * the same kernel in every run. Nothing comes in from outside while it runs: the order lies in a file beforehand, and
 * what the lab tells is written to a file.
 */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from '../sys/sandbox.ts';
import { modulesPath, programPath } from '../testbed/bundle.ts';
import { LabLost, type RunLab } from '../testbed/measure.ts';
import { GUEST_FOLDER, OUTPUT_FOLDER } from './boot-scripts.ts';
import { lastWords } from './console.ts';
import { makeGuestFolder } from './guest-folder.ts';
import type { OnceMessage } from './messages.ts';
import { umlCommand } from './uml.ts';

/** 2026-01-01: the clock of every lab begins there. */
const BEGIN_NS = BigInt(Date.UTC(2026, 0, 1)) * 1_000_000n;
/** Of real time: a day of a quiet lab takes seconds. */
const DEADLINE_MS = 20 * 60_000;
const KERNEL = '/run/miflab-kernel';
const CONSOLE_LENGTH = 64 * 1024;

/**
 * A filter for seccomp(2) that refuses getrandom(2) to the kernel's process: the guest then has no randomness from
 * outside, and draws the same numbers in every run. struct sock_filter: load the number of the call; getrandom
 * (318 on x86-64) is EAGAIN; all else is allowed.
 */
const NO_RANDOMNESS = (() => {
  const instructions: [code: number, jt: number, jf: number, k: number][] = [
    [0x20, 0, 0, 0],
    [0x15, 0, 1, 318],
    [0x06, 0, 0, 0x0005000b],
    [0x06, 0, 0, 0x7fff0000],
  ];
  const filter = Buffer.alloc(instructions.length * 8);
  instructions.forEach(([code, jt, jf, k], index) => {
    filter.writeUInt16LE(code, index * 8);
    filter.writeUInt8(jt, index * 8 + 2);
    filter.writeUInt8(jf, index * 8 + 3);
    filter.writeUInt32LE(k, index * 8 + 4);
  });
  return filter;
})();

/** The script is a constant; what varies are its arguments. */
const WITHOUT_RANDOMNESS = `exec bwrap --dev-bind / / --die-with-parent --seccomp 3 -- "$@" 3<${GUEST_FOLDER}/no-randomness`;

/** `seed` goes into the kernel's randomness; the same seed gives the same run. */
export const runInVirtualTime =
  (kernel: { name: string; file: string }, seed = 1): RunLab =>
  async (order, onMessage, signal) => {
    const output = mkdtempSync(join(tmpdir(), 'miflab-output-'));
    // The guest's root is nobody of this machine.
    chmodSync(output, 0o777);
    const folder = makeGuestFolder({
      order: JSON.stringify(order),
      'no-randomness': NO_RANDOMNESS,
    });
    const { sandbox } = await startSandbox({
      program: programPath('guest-once.js'),
      modules: modulesPath(),
      lab: `guest ${kernel.name}`,
      keep: false,
      images: {},
      command: [
        '/bin/sh',
        '-c',
        WITHOUT_RANDOMNESS,
        'sh',
        ...umlCommand({ file: KERNEL }, [
          'time-travel=inf-cpu',
          `time-travel-start=${BEGIN_NS}`,
          'random.trust_cpu=0',
          'random.trust_bootloader=0',
          `miflab.seed=${seed}`,
        ]),
      ],
      view: [
        ...['--ro-bind', folder.path, GUEST_FOLDER],
        ...['--bind', output, OUTPUT_FOLDER],
        ...['--ro-bind', kernel.file, KERNEL],
      ],
    });
    let console = '';
    sandbox.stderr.on('data', (chunk: Buffer) => {
      console = (console + chunk).slice(-CONSOLE_LENGTH);
    });
    sandbox.stdout.resume();
    const kill = () => sandbox.kill('SIGKILL');
    let hangs = false;
    const watchdog = setTimeout(() => {
      hangs = true;
      kill();
    }, DEADLINE_MS);
    signal?.addEventListener('abort', kill);
    if (signal?.aborted) kill();
    const { exitCode, signal: killedBy } = await sandbox;
    clearTimeout(watchdog);
    signal?.removeEventListener('abort', kill);
    const messages = messagesIn(join(output, 'messages'));
    folder.remove();
    rmSync(output, { recursive: true, force: true });
    for (const message of messages) if (message.kind === 'lab') onMessage(message.message);
    const ended = messages.find((message) => message.kind === 'ended');
    if (ended) return ended.said;
    if (signal?.aborted) return 'interrupted';
    const how = hangs
      ? `hung: not done within ${DEADLINE_MS / 60_000} minutes`
      : `died: ${lastWords(console) ?? `exit ${exitCode ?? killedBy}`}`;
    throw new LabLost(`the guest ${kernel.name} ${how}`, console);
  };

/** The last line of a guest that died may be cut off. */
const messagesIn = (file: string): OnceMessage[] =>
  (existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []).flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as OnceMessage];
    } catch {
      return [];
    }
  });
