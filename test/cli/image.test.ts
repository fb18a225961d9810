import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import t from 'tap';
import { build } from '../../src/cli/image.ts';
import { written } from './fakes.ts';

t.test('a user land that cannot be made is told with what helps, and keeps back no other', async (t) => {
  const folder = t.testdir();
  const complaint = 'E: Release file for http://archive/InRelease is expired (invalid since 20d).';
  writeFileSync(join(folder, 'mmdebstrap'), `#!/bin/sh\necho '${complaint}' >&2\nexit 25\n`, { mode: 0o755 });
  const { PATH, XDG_CACHE_HOME } = process.env;
  t.teardown(() => Object.assign(process.env, { PATH, XDG_CACHE_HOME: XDG_CACHE_HOME ?? '' }));
  Object.assign(process.env, { PATH: `${folder}${delimiter}${PATH}`, XDG_CACHE_HOME: folder });
  const { result, stderr } = await written(t, () => build(['sid', 'trixie']));
  t.equal(result, 4);
  for (const name of ['sid', 'trixie'])
    t.match(
      stderr,
      new RegExp(`${name} was not built: Release file .* is expired[^\\n]*\\n.*--allow-expired`),
    );
});
