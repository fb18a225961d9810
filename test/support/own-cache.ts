import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of a test, which goes with it; what miflab keeps meanwhile lies below its `cache`. */
export const ownCache = (t: { teardown(end: () => void): void }): string => {
  const folder = mkdtempSync(join(tmpdir(), 'miflab-test-cache-'));
  const { XDG_CACHE_HOME } = process.env;
  process.env.XDG_CACHE_HOME = join(folder, 'cache');
  t.teardown(() => {
    if (XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = XDG_CACHE_HOME;
    rmSync(folder, { recursive: true });
  });
  return folder;
};
