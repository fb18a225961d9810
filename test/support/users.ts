/** Who runs miflab in a test: the user of the test, or an ordinary user that is made for it and goes with it. */
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import type { Test } from 'tap';

export const isRoot = process.getuid!() === 0;

export interface Caller {
  name: string;
  /** With an installed miflab in it, and the caller's working directory; the caller may write into `output`. */
  folder: string;
  output: string;
  /** Where the caller's temporary files go. */
  temporary: string;
  /** For a program that the caller starts: `node dist/miflab.js`. */
  options: Options & { env: NodeJS.ProcessEnv };
}

/** Whoever runs the test. */
export const thisUser = (t: Test): Promise<Caller> =>
  installedFor(t, { name: 'the user of the test', uid: process.getuid!(), gid: process.getgid!() });

/** A user with subordinate ids, as Debian gives them, or without; only root can make one. */
export const ordinaryUser = async (t: Test, subordinateIds: boolean): Promise<Caller> => {
  const name = `miflab-${process.pid}-${subordinateIds ? 'range' : 'single'}`;
  const withoutIds = ['-K', 'SUB_UID_COUNT=0', '-K', 'SUB_GID_COUNT=0'];
  await execa('useradd', [
    '--no-create-home',
    '--home-dir',
    '/nonexistent',
    ...(subordinateIds ? [] : withoutIds),
    name,
  ]);
  t.teardown(() => execa('userdel', [name], { reject: false }));
  const [uid, gid] = (await execa('getent', ['passwd', name])).stdout.split(':').slice(2, 4).map(Number);
  return installedFor(t, { name, uid: uid!, gid: gid! });
};

const INSTALLED = ['dist', 'labs', 'practice', 'package.json', 'node_modules/koffi', 'node_modules/@koromix'];

/** A copy, because an ordinary user may not be able to read the folder of the test. */
const installedFor = async (
  t: Test,
  { name, uid, gid }: { name: string; uid: number; gid: number },
): Promise<Caller> => {
  if (!existsSync('dist/miflab.js')) await execa('node', ['scripts/build.mjs']);
  const folder = mkdtempSync(join(tmpdir(), 'miflab-installed-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  for (const part of INSTALLED) cpSync(part, join(folder, part), { recursive: true });
  const output = join(folder, 'output');
  const temporary = join(folder, 'tmp');
  for (const own of [folder, output, temporary]) {
    mkdirSync(own, { recursive: true });
    chownSync(own, uid, gid);
    chmodSync(own, 0o755);
  }
  return {
    name,
    folder,
    output,
    temporary,
    options: {
      cwd: folder,
      uid,
      gid,
      env: { PATH: process.env.PATH, HOME: '/nonexistent', TMPDIR: temporary },
      extendEnv: false,
      reject: false,
    },
  };
};
