import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { packagesOf } from '../../src/images/build.ts';
import { readDefinitionFile, readDefinitions } from '../../src/images/definition.ts';
import { dockerfiles } from '../../src/images/dockerfile.ts';

t.test('the definitions are whole: a release, packages without lists in lists, absolute paths', async (t) => {
  const definitions = readDefinitions();
  t.match(Object.keys(definitions), ['bullseye', 'bookworm', 'trixie', 'sid']);
  for (const [name, { packages, without }] of Object.entries(definitions)) {
    t.ok(
      packages.every((one) => typeof one === 'string'),
      `${name}: flat`,
    );
    t.same(new Set(packages).size, packages.length, `${name}: no package twice`);
    t.ok(
      without.every((path) => path.startsWith('/')),
      `${name}: absolute`,
    );
  }
});

t.test('the Dockerfiles say what the definitions say', async (t) => {
  const wanted = dockerfiles(readDefinitionFile());
  t.strictSame(
    readdirSync('images').filter((name) => name.endsWith('.Dockerfile')),
    Object.keys(wanted)
      .map((file) => file.slice('images/'.length))
      .toSorted(),
  );
  for (const [file, text] of Object.entries(wanted))
    t.equal(readFileSync(file, 'utf8'), text, `${file}: make docs`);
});

t.test("of dpkg's status file the installed packages count, with their versions", async (t) => {
  const status = `Package: connman
Status: install ok installed
Version: 1.41-3

Package: gone
Status: deinstall ok config-files
Version: 1.0

Package: systemd
Status: install ok installed
Priority: important
Version: 252.38-1~deb12u1
Description: system and service manager
 Version: not a field
`;
  t.same(packagesOf(status), { connman: '1.41-3', systemd: '252.38-1~deb12u1' });
});
