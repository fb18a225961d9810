import t from 'tap';
import { packagesOf } from '../../src/images/build.ts';
import { readDefinitions } from '../../src/images/definition.ts';

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
