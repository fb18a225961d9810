/**
 * Runs inside a namespace of its own: changes the tables by ip(8) and prints, for each change, the netlink
 * datagrams that came and a dump of the tables after it, as JSON.
 */
import { execFileSync } from 'node:child_process';
import { closeSync } from 'node:fs';
import { decodeNetlink, dumpRequest } from '../../src/evidence/netlink.ts';
import { netlinkSocket, receive, send } from '../../src/sys/libc.ts';
import { isLike, type RecordedStep, script } from './netlink-script.ts';

const GROUPS = 0x1 | 0x4 | 0x10 | 0x40 | 0x80 | 0x100 | 0x400 | 0x40000;
const GET = [18, 22, 26, 30, 34];
const DEADLINE_MS = 30_000;

const events = netlinkSocket(GROUPS);
const names = new Map<number, string>();

const drain = (fd: number): string[] => {
  const buffer = Buffer.alloc(1 << 16);
  const datagrams: string[] = [];
  for (let length = receive(fd, buffer); length !== undefined; length = receive(fd, buffer))
    datagrams.push(buffer.toString('hex', 0, length));
  return datagrams;
};

const dumpOf = (type: number): string[] => {
  const fd = netlinkSocket(0);
  send(fd, dumpRequest(type, 0));
  const datagrams = drain(fd);
  closeSync(fd);
  return datagrams;
};

/** All that happened until everything expected had, and a dump during which nothing did. The kernel tells of carrier late. */
const record = (expected: Record<string, unknown>[]): Omit<RecordedStep, 'command'> => {
  const datagrams = drain(events);
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const dump = GET.flatMap(dumpOf);
    const late = drain(events);
    datagrams.push(...late);
    const changes = datagrams.flatMap((datagram) => decodeNetlink(Buffer.from(datagram, 'hex'), names));
    const allCame = expected.every((event) => changes.some((change) => isLike(change, event)));
    if (late.length === 0 && (allCame || Date.now() > deadline)) return { datagrams, dump };
  }
};

const steps: RecordedStep[] = [{ command: 'the beginning', ...record([]) }];
for (const [command, ...expected] of script) {
  execFileSync('ip', command.split(' '), { stdio: ['ignore', 'ignore', 'inherit'] });
  steps.push({ command: `ip ${command}`, ...record(expected) });
}
console.log(JSON.stringify(steps));
