/** The folder that a guest sees as /run/miflab-guest: its first program, its modules, which device its channel is. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GUEST_FOLDER, INIT } from './boot-scripts.ts';
import type { Module } from './modules.ts';

export interface GuestFolder {
  path: string;
  /** Where the guest sees a file that is put there now. */
  put(name: string, text: string): string;
  remove(): void;
}

/**
 * With these files in it: `channel` is the device of the agent's channel, `at-boot` lines of shell that the guest runs
 * first, `order` the lab of a guest that is made for one.
 */
export const makeGuestFolder = (
  files: Record<string, string | Uint8Array>,
  modules: Module[] = [],
): GuestFolder => {
  const path = mkdtempSync(join(tmpdir(), 'miflab-guest-'));
  const write = (name: string, content: string | Uint8Array, mode = 0o644) =>
    writeFileSync(join(path, name), content, { mode });
  mkdirSync(join(path, 'modules'));
  write('init', INIT, 0o755);
  for (const [name, content] of Object.entries(files)) write(name, content);
  modules.forEach(({ name, content }, index) => {
    write(join('modules', moduleFile(name, index)), content);
  });
  // The guest's root is nobody of this machine.
  chmodSync(path, 0o755);
  return {
    path,
    put: (name, text) => {
      write(name, text);
      return `${GUEST_FOLDER}/${name}`;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
};

/** So that the order of names is the order of loading. */
export const moduleFile = (name: string, index: number): string =>
  `${String(index).padStart(3, '0')}-${name}.ko`;
