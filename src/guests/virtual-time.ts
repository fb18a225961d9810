/**
 * Labs in virtual time: a User-mode Linux kernel in which computing takes no time and idling is skipped
 * (time-travel=inf-cpu). Each lab has a guest of its own, booted for it, so that it begins at the same moment of
 * the same kernel in every run. The lab process is the guest's own: nobody watches over it there, whose clock would be
 * the guest's. Nothing comes in from outside while it runs: the order lies in a file beforehand, and what the lab tells
 * is written to a file.
 */
import { startSandbox } from '../sys/sandbox.ts';
import { modulesPath, programPath } from '../testbed/bundle.ts';
import { clientsView, endedByOthers, LabLost, messageIn, type RunLab } from '../testbed/measure.ts';
import { limitsOf } from '../testbed/supervise.ts';
import { LAB_INIT, OUTPUT_FOLDER } from './boot-scripts.ts';
import { lastWords } from './console.ts';
import { packed, UNPACK } from './guest-files.ts';
import { umlCommand } from './uml.ts';

/** 2026-01-01: the clock of every lab begins there. */
const BEGIN_NS = BigInt(Date.UTC(2026, 0, 1)) * 1_000_000n;
/** Of real time: a day of a quiet lab takes seconds. */
const DEADLINE_S = 20 * 60;
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

/**
 * What the guest has told goes to standard output when it ends, however it does; the exit code is that of the lab process
 * where that came to its end. The script is a constant; what varies are its arguments: the deadline in seconds, how many bytes are
 * taken of what it told, then the guest's command.
 */
const RUN = `${UNPACK}
mkdir ${OUTPUT_FOLDER}
deadline=$1 bytes=$2
shift 2
timeout "$deadline" bwrap --dev-bind / / --die-with-parent --seccomp 3 -- "$@" </dev/null >&2 3<no-randomness
status=$?
head -c "$bytes" ${OUTPUT_FOLDER}/messages
[ -e ${OUTPUT_FOLDER}/ended ] && exit "$(cat ${OUTPUT_FOLDER}/ended)"
[ $status = 124 ] && exit 124
exit 125
`;
/** As timeout(1) says it, and what a lab process never ends with. */
const TIMED_OUT = 124;
const DIED = 125;

/** `seed` goes into the kernel's randomness; the same seed gives the same run. */
export const runInVirtualTime =
  (kernel: { name: string; file: string }, seed = 1): RunLab =>
  async (order, onMessage, signal) => {
    const { bytes } = limitsOf(order.plan, false);
    const { sandbox } = await startSandbox({
      program: programPath('lab-process.js'),
      modules: modulesPath(),
      lab: `guest ${kernel.name}`,
      keep: false,
      images: {},
      command: [
        ...['/bin/sh', '-c', RUN, 'sh', String(DEADLINE_S), String(bytes + 1)],
        ...umlCommand(kernel, KERNEL, [
          'time-travel=inf-cpu',
          `time-travel-start=${BEGIN_NS}`,
          'random.trust_cpu=0',
          'random.trust_bootloader=0',
          `miflab.seed=${seed}`,
        ]),
      ],
      view: ['--ro-bind', kernel.file, KERNEL, ...(await clientsView(order.plan))],
    });
    sandbox.stdin.on('error', () => {});
    sandbox.stdin.write(
      packed({ init: LAB_INIT, order: `${JSON.stringify(order)}\n`, 'no-randomness': NO_RANDOMNESS }),
    );
    let console = '';
    sandbox.stderr.on('data', (chunk: Buffer) => {
      console = (console + chunk).slice(-CONSOLE_LENGTH);
    });
    const told: Buffer[] = [];
    // It was paused behind its first word, and a listener alone does not make it go on: on a loaded machine it never did.
    sandbox.stdout.on('data', (chunk: Buffer) => told.push(chunk)).resume();
    const kill = () => sandbox.kill('SIGKILL');
    signal?.addEventListener('abort', kill);
    if (signal?.aborted) kill();
    const { exitCode, signal: killedBy } = await sandbox;
    signal?.removeEventListener('abort', kill);
    const output = Buffer.concat(told);
    if (output.length > bytes)
      throw new LabLost(`the lab told more than ${bytes / 1e6} MB of what happened`, console);
    for (const message of output.toString().split('\n').map(messageIn)) if (message) onMessage(message);
    if (signal?.aborted) return 'interrupted';
    const ended = endedByOthers(exitCode);
    if (ended) throw new LabLost(ended, console);
    if (exitCode !== undefined && exitCode !== TIMED_OUT && exitCode !== DIED) return console.trim();
    const how =
      exitCode === TIMED_OUT
        ? `hung: not done within ${DEADLINE_S / 60} minutes`
        : `died: ${lastWords(console) ?? `exit ${exitCode ?? killedBy}`}`;
    throw new LabLost(`the guest ${kernel.name} ${how}`, console);
  };
