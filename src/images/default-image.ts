import { existsSync, readFileSync } from 'node:fs';
import { readImage } from './store.ts';

/** Where this machine's own release is no user land. */
const LATEST = 'trixie';

/** The user land of stacks that never run from the machine's own files: this machine's release, else the latest. */
export const defaultImage = (): string => {
  const file = '/etc/os-release';
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const release = /^VERSION_CODENAME=(\w+)$/m.exec(text)?.[1];
  return release && (/^ID=debian$/m.test(text) || readImage(release)) ? release : LATEST;
};
