/** An archive in the format newc of cpio(5), as the kernel unpacks it for an initramfs. Pure. */

export interface CpioFile {
  path: string;
  /** Undefined: a folder. */
  content?: Uint8Array;
  executable?: boolean;
}

const FOLDER = 0o040755;
const FILE = 0o100644;
const PROGRAM = 0o100755;

export const cpioArchive = (files: CpioFile[]): Buffer =>
  Buffer.concat([
    ...files.flatMap((file, index) => entry(file, index + 1)),
    ...entry({ path: 'TRAILER!!!' }, 0),
  ]);

const entry = ({ path, content, executable }: CpioFile, inode: number): Buffer[] => {
  const mode = path === 'TRAILER!!!' ? 0 : content ? (executable ? PROGRAM : FILE) : FOLDER;
  const data = content ?? Buffer.alloc(0);
  const name = Buffer.from(`${path}\0`);
  const numbers = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length, 0];
  const header = `070701${numbers.map((number) => number.toString(16).padStart(8, '0')).join('')}`;
  return [padded(Buffer.concat([Buffer.from(header), name])), padded(Buffer.from(data))];
};

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
