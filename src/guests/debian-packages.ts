/**
 * Packages of any Debian release, fetched and unpacked below the cache folder and never installed: apt as this machine
 * is set up, with lists and a source of its own.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { debianMirror } from '../images/debian-mirror.ts';
import { KernelUnavailable } from '../suite/kernel.ts';
import { cacheFolder } from '../sys/cache.ts';

export interface DebianRelease {
  /** Of the names that match, what a package depends on, and so on; it itself where it matches. */
  dependencies(name: string, matching: RegExp): Promise<string[]>;
  /** Of all packages whose names begin so. */
  names(beginning: string): Promise<string[]>;
  /** Unpacks packages into a folder. */
  unpack(names: string[], folder: string): Promise<void>;
}

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Brings the lists of a release up to date. @throws KernelUnavailable with what apt says */
export const debianRelease = async (release: string): Promise<DebianRelease> => {
  if (!/^[a-z]+(-[a-z]+)*$/.test(release)) throw new KernelUnavailable(`no Debian release ${release}`);
  const mirror = await debianMirror();
  if (mirror === undefined)
    throw new KernelUnavailable(
      `packages of Debian ${release} come from where this machine gets Debian: it has no such source for apt`,
    );
  const folder = join(cacheFolder(), 'apt', release);
  for (const part of ['lists/partial', 'archives/partial'])
    mkdirSync(join(folder, part), { recursive: true });
  writeFileSync(join(folder, 'status'), '');
  writeFileSync(join(folder, 'sources.list'), `deb [signed-by=${KEYRING}] ${mirror} ${release} main\n`);
  writeFileSync(
    join(folder, 'apt.conf'),
    [
      `Dir::Etc::SourceList "${folder}/sources.list";`,
      'Dir::Etc::SourceParts "/dev/null";',
      `Dir::State "${folder}";`,
      `Dir::State::Lists "${folder}/lists";`,
      `Dir::State::Status "${folder}/status";`,
      `Dir::Cache "${folder}";`,
      'APT::Sandbox::User "root";',
      '',
    ].join('\n'),
  );
  const apt = async (command: string, args: string[], cwd?: string): Promise<string> => {
    const { stdout, stderr, exitCode } = await execa(command, args, {
      env: { APT_CONFIG: join(folder, 'apt.conf'), LC_ALL: 'C' },
      cwd,
      reject: false,
      stdin: 'ignore',
    });
    if (exitCode !== 0 || /^E: /m.test(stderr ?? ''))
      throw new KernelUnavailable(`${command} for Debian ${release}: ${(stderr ?? '').trim() || exitCode}`);
    return stdout ?? '';
  };
  await apt('apt-get', ['update', '-qq']);
  const dependencies = async (name: string, matching: RegExp): Promise<string[]> => {
    const found = new Set<string>(matching.test(name) ? [name] : []);
    const look = async (one: string): Promise<void> => {
      const output = await apt('apt-cache', ['depends', '--no-recommends', '--no-suggests', one]);
      for (const [, other] of output.matchAll(/^ {2}Depends: (\S+)$/gm))
        if (matching.test(other!) && !found.has(other!)) {
          found.add(other!);
          await look(other!);
        }
    };
    await look(name);
    return [...found];
  };
  return {
    dependencies,
    names: async (beginning) => (await apt('apt-cache', ['pkgnames', beginning])).split('\n').filter(Boolean),
    unpack: async (names, target) => {
      const downloads = mkdtempSync(join(folder, 'download-'));
      try {
        await apt('apt-get', ['download', ...names], downloads);
        mkdirSync(target, { recursive: true });
        for (const file of readdirSync(downloads))
          await execa('dpkg-deb', ['--extract', join(downloads, file), target]);
      } finally {
        rmSync(downloads, { recursive: true });
      }
    },
  };
};

export const hasApt = (): boolean => existsSync('/usr/bin/apt-get') && existsSync('/usr/bin/dpkg-deb');
