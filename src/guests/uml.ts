/** A User-mode Linux guest: the kernel is an ordinary program, and its files are those that the program sees. */
import { readFileSync } from 'node:fs';
import { cardDescriptor, cardMac } from './cards.ts';
import { guestPath } from './guest-files.ts';
import type { KernelImage } from './kernel-image.ts';

const MEMORY = '1024M';

/**
 * The console goes to standard error, and the channel, a serial line, is standard input and output. `seen` is where the
 * guest's sandbox shows the file.
 */
export const umlCommand = (
  { file, init = guestPath('init') }: Pick<KernelImage, 'file'> & { init?: string },
  seen: string,
  more: string[] = [],
): string[] => [
  seen,
  ...(canUseSeccomp(file) ? ['seccomp=auto'] : []),
  `mem=${MEMORY}`,
  'root=/dev/root',
  'rootfstype=hostfs',
  'rootflags=/',
  'ro',
  `init=${init}`,
  'con=null',
  'con0=null,fd:2',
  'ssl0=fd:0,fd:1',
  'oops=panic',
  'panic=-1',
  'loglevel=4',
  ...more,
];

/**
 * Since Linux 6.16 its programs can be caught by seccomp(2) and need no ptrace(2), which costs four changes of process in
 * each system call and page fault. The program holds the help on that option.
 */
const canUseSeccomp = (file: string): boolean => readFileSync(file).includes('seccomp=<on/auto/off>');

/** Whether it was built with CONFIG_UML_TIME_TRAVEL_SUPPORT: the program holds its configuration (for --showconfig). */
export const hasVirtualTime = (file: string): boolean =>
  readFileSync(file).includes('CONFIG_UML_TIME_TRAVEL_SUPPORT=y');

/** Whether it has network cards. */
export const hasCards = (file: string): boolean => readFileSync(file).includes('CONFIG_UML_NET_VECTOR=y');

/** Network cards on the descriptors that frames.c gives: vec0 on 10, vec1 on 11. */
export const umlCards = (count: number): string[] =>
  Array.from(
    { length: count },
    (_, number) => `vec${number}:transport=fd,fd=${cardDescriptor(number)},mac=${cardMac(number)}`,
  );

export const UML_CHANNEL = '/dev/ttyS0';
