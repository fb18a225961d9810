/**
 * Runs inside a namespace of its own: changes the tables by ip(8) and prints, for each change, the netlink
 * datagrams that came and a dump of the tables after it, as JSON with the bytes in hex.
 */
import { execFileSync } from 'node:child_process';
import { closeSync } from 'node:fs';
import { dumpRequest } from '../../src/evidence/netlink.ts';
import { netlinkSocket, receive, send } from '../../src/sys/libc.ts';

export interface RecordedStep {
  command: string;
  datagrams: string[];
  dump: string[];
}

const GROUPS = 0x1 | 0x4 | 0x10 | 0x40 | 0x80 | 0x100 | 0x400 | 0x40000;
const GET = [18, 22, 26, 30, 34];

const commands = process.argv.slice(2);
const events = netlinkSocket(GROUPS);

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

/** A dump during which nothing happened, and all that happened before it. */
const settled = (): Omit<RecordedStep, 'command'> => {
  const datagrams = drain(events);
  for (;;) {
    const dump = GET.flatMap(dumpOf);
    const late = drain(events);
    datagrams.push(...late);
    if (late.length === 0) return { datagrams, dump };
  }
};

const steps: RecordedStep[] = [{ command: 'the beginning', ...settled() }];
for (const command of commands) {
  execFileSync('ip', command.split(' '), { stdio: ['ignore', 'ignore', 'inherit'] });
  steps.push({ command: `ip ${command}`, ...settled() });
}
console.log(JSON.stringify(steps));
