/** Where miflab's own bundled programs and the native module that they load lie. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** Up from this file: dist/ when bundled, src/testbed/ when run through tsx, which uses the bundle too. */
const upwards = (name: string): string => {
  for (let folder = here; ; folder = dirname(folder)) {
    const path = join(folder, name);
    if (existsSync(path)) return path;
    if (folder === dirname(folder)) throw new Error(`${name} is missing above ${here}: npm run build`);
  }
};

/** A bundled program by its name: 'lab-process.js'. */
export const programPath = (name: string): string =>
  upwards(existsSync(join(here, name)) ? name : `dist/${name}`);
export const modulesPath = (): string => upwards('node_modules');
