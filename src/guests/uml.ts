/** A User-mode Linux guest: the kernel is an ordinary program, and its files are those that the program sees. */

import { runProgram } from '../sys/program.ts';
import { GUEST_FOLDER } from './boot-scripts.ts';
import type { KernelImage } from './kernel-image.ts';

const MEMORY = '1024M';

/** The console goes to standard error, and the channel, a serial line, is standard input and output. */
export const umlCommand = ({ file }: Pick<KernelImage, 'file'>, more: string[] = []): string[] => [
  file,
  `mem=${MEMORY}`,
  'root=/dev/root',
  'rootfstype=hostfs',
  'rootflags=/',
  'ro',
  `init=${GUEST_FOLDER}/init`,
  'con=null',
  'con0=null,fd:2',
  'ssl0=fd:0,fd:1',
  'oops=panic',
  'panic=-1',
  'loglevel=4',
  ...more,
];

/** Whether it was built with CONFIG_UML_TIME_TRAVEL_SUPPORT. */
export const hasVirtualTime = async (file: string): Promise<boolean> =>
  (await runProgram([file, '--showconfig'])).output.includes('CONFIG_UML_TIME_TRAVEL_SUPPORT=y');

export const UML_CHANNEL = '/dev/ttyS0';
