/**
 * What a guest is given: files in the memory of its sandbox, which go with it, whatever ends it. They come by the
 * sandbox's standard input: first an archive of what the guest boots with, then an order at a time.
 */
import { GUEST_FOLDER } from './boot-scripts.ts';
import { cpioArchive } from './cpio.ts';
import type { Module } from './modules.ts';

/**
 * `init` is its first program, `channel` the device of the agent's channel, `at-boot` lines of shell that the guest runs
 * first, `order` the lab of a guest that is made for one; others are what its command names.
 */
export type GuestFiles = { init: string } & Record<string, string | Uint8Array>;

/** The files that are programs. */
export const PROGRAMS = ['init', 'modprobe'];

/** For standard input, where UNPACK reads it. */
export const packed = (files: GuestFiles, modules: Module[] = []): Buffer => {
  const archive = cpioArchive([
    { path: 'modules' },
    ...modules.map(({ name, content }, index) => ({ path: `modules/${moduleFile(name, index)}`, content })),
    ...Object.entries(files).map(([path, content]) => ({
      path,
      content: Buffer.from(content),
      executable: PROGRAMS.includes(path),
    })),
  ]);
  return Buffer.concat([Buffer.from(`${archive.length}\n`), archive]);
};

/** A line for the guest after a file that it speaks of, for standard input, where PASS_ORDERS reads it. */
export const orderWithFile = (line: string, name = '-', file = ''): Buffer => {
  const content = Buffer.from(file);
  return Buffer.concat([Buffer.from(`${content.length} ${name} ${line}\n`), content]);
};

/** Where the guest sees a file. */
export const guestPath = (name: string): string => `${GUEST_FOLDER}/${name}`;

/** So that the order of names is the order of loading. */
export const moduleFile = (name: string, index: number): string =>
  `${String(index).padStart(3, '0')}-${name}.ko`;

/** In the sandbox, before anything else. read(1) of a shell and head take no byte too many from a pipe. */
export const UNPACK = `
mkdir ${GUEST_FOLDER} && cd ${GUEST_FOLDER} && read -r size && head -c "$size" | busybox cpio -i || exit 1
`;

/** Becomes the command, whose standard input are the lines that come in; each has its file before it comes. */
export const PASS_ORDERS = `
mkfifo orders
exec 3<&0
while read -r size name line; do
  [ "$size" = 0 ] || head -c "$size" > "$name"
  printf '%s\\n' "$line"
done <&3 > orders &
exec "$@" < orders 3<&-
`;
