import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { modprobe } from '../../src/guests/autoload.ts';
import { buildKernel, lackingOptions } from '../../src/guests/build-kernel.ts';
import { lastWords } from '../../src/guests/console.ts';
import { cpioArchive } from '../../src/guests/cpio.ts';
import { imagesByVersion } from '../../src/guests/debian-kernel.ts';
import { storedKernels, storeKernel } from '../../src/guests/kernel-store.ts';
import { versionIn, versionOf } from '../../src/guests/kernel-version.ts';
import { verdictOn } from '../../src/guests/kvm.ts';
import { dependenciesOf } from '../../src/guests/modules.ts';
import { umlCommand } from '../../src/guests/uml.ts';
import { runProgram } from '../../src/sys/program.ts';
import { ownCache } from '../support/own-cache.ts';

t.test('of a console the panic is told, else the last line', async (t) => {
  t.equal(
    lastWords('[    1.0] booting\r\n[    2.5] Kernel panic - not syncing: sysrq\r\nrebooting\r\n'),
    'Kernel panic - not syncing: sysrq',
  );
  t.equal(
    lastWords('[    0.0] ..MP-BIOS bug: 8254 timer\r\n[    2.5] Kernel panic - not syncing: sysrq\r\n'),
    'Kernel panic - not syncing: sysrq',
    'a bug of the firmware is none of the kernel',
  );
  t.equal(lastWords('first\nlast\n\n'), 'last');
  t.equal(lastWords(''), undefined);
});

t.test(
  'KVM works where a kernel gets as far as its root file system, and else the reason is told',
  async (t) => {
    const booted =
      '[ 0.9] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\r\n';
    t.equal(verdictOn(booted, false), undefined);
    t.match(verdictOn('[ 0.0] Linux version 6.12\r\n', true), /a kernel hangs/);
    t.equal(
      verdictOn(
        'Could not access KVM kernel module: Permission denied\nqemu-system-x86_64: failed to initialize kvm\n',
        false,
      ),
      'KVM does not work (Could not access KVM kernel module: Permission denied)',
    );
    t.equal(
      verdictOn('qemu-system-x86_64: error: failed to set MSR 0x10a to 0x69\n', false),
      'KVM does not work (error: failed to set MSR 0x10a to 0x69)',
    );
    t.match(verdictOn('', false), /QEMU ends at once/);
  },
);

t.test('a kernel says in its file which version it is', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'miflab-test-version-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'kernel');
  const banner =
    '6.12.117+deb13-amd64 (debian-kernel@lists.debian.org) #1 SMP Debian 6.12.117-1 (2026-11-01)';
  const image = Buffer.alloc(0x1000);
  image.writeUInt16LE(0x600, 0x20e);
  image.write(`${banner}\0`, 0x800);
  writeFileSync(file, image);
  t.equal(versionOf({ file, kind: 'qemu' }), '6.12.117');
  writeFileSync(file, '\x7fELF…\0Linux version 6.13.0-rc3 (ada@host) #1 Fri\n\0…');
  t.equal(versionOf({ file, kind: 'uml' }), '6.13.0-rc3');
  t.equal(versionIn('6.1.0-50-amd64 (debian-kernel@lists.debian.org) #1 SMP Debian 6.1.176-1'), '6.1.176');
  t.equal(
    versionIn(
      '7.2.13 (ada@host) (gcc (Debian 12.2.0-14+deb12u1) 12.2.0, GNU ld) #1 Fri Nov 27 06:24:00 UTC 2026',
    ),
    '7.2.13',
    "the compiler's version is none of the kernel",
  );
  writeFileSync(file, '\x7fELF nothing');
  t.equal(versionOf({ file, kind: 'uml' }), '');
});

t.test(
  'User-mode Linux catches system calls by seccomp where it can, and is not asked to where it cannot',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'miflab-test-seccomp-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const [older, newer] = ['older', 'newer'].map((name) => join(folder, name)) as [string, string];
    writeFileSync(older, '\x7fELF…\0mem=<Amount of desired ram>\0…');
    writeFileSync(newer, '\x7fELF…\0seccomp=<on/auto/off>\n    Configure whether…\0…');
    t.ok(umlCommand({ file: newer }, '/kernel').includes('seccomp=auto'));
    t.notMatch(umlCommand({ file: older }, '/kernel').join(' '), /seccomp/);
  },
);

t.test(
  'of the packages of a release those of its kernels are told apart, in the order of their versions',
  async (t) => {
    t.same(
      imagesByVersion([
        'linux-image-amd64',
        'linux-image-6.18.15+deb13-amd64',
        'linux-image-6.18.9+deb13-amd64',
        'linux-image-6.18.9+deb13-cloud-amd64',
        'linux-image-6.18.9+deb13-rt-amd64',
        'linux-image-6.18.15+deb13-amd64-unsigned',
        'linux-image-6.1.0-50-amd64',
        'linux-image-6.1.0-9-amd64',
      ]),
      [
        { name: 'linux-image-6.1.0-9-amd64', version: '6.1.0-9' },
        { name: 'linux-image-6.1.0-50-amd64', version: '6.1.0-50' },
        { name: 'linux-image-6.18.9+deb13-amd64', version: '6.18.9' },
        { name: 'linux-image-6.18.15+deb13-amd64', version: '6.18.15' },
      ],
    );
  },
);

t.test('a module says what it depends on', async (t) => {
  const module = (info: string) => Buffer.from(`\x7fELF…\0license=GPL\0${info}\0vermagic=6.1\0`);
  t.same(dependenciesOf(module('depends=nf-tables,nf_nat')), ['nf_tables', 'nf_nat']);
  t.same(dependenciesOf(module('depends=')), []);
  t.same(dependenciesOf(Buffer.from('nothing')), []);
});

t.test('modules are loaded by the names that a kernel asks for, each after what it depends on', async (t) => {
  const module = (name: string, info: string) => ({ name, content: Buffer.from(`\0${info}\0`) });
  const program = modprobe('/guest', [
    module('llc', 'depends='),
    module('bridge', 'depends=llc\0alias=rtnl-link-bridge'),
    module('virtio_net', 'alias=virtio:d00000001v*'),
  ]);
  const asked = async (alias: string) => {
    const insmod = 'busybox() { echo "$@"; }';
    const { output } = await runProgram(['sh', '-c', `${insmod}\n${program}`, 'modprobe', '-q', '--', alias]);
    return output.trim().split('\n');
  };
  t.same(await asked('llc'), ['insmod /guest/modules/000-llc.ko']);
  for (const alias of ['bridge', 'rtnl-link-bridge'])
    t.same(await asked(alias), ['insmod /guest/modules/000-llc.ko', 'insmod /guest/modules/001-bridge.ko']);
  t.same(await asked('virtio_net'), ['insmod /guest/modules/002-virtio_net.ko']);
  for (const alias of ['virtio:d00000001v*', 'netdev-lte']) t.same(await asked(alias), ['']);
});

t.test('options that the sources do not know are named', async (t) => {
  const wanted = '# why\nCONFIG_IPV6=y\nCONFIG_SSL_CHAN="null"\n# CONFIG_MODULES is not set\nCONFIG_NEW=y\n';
  t.same(lackingOptions(wanted, 'CONFIG_IPV6=y\nCONFIG_SSL_CHAN="null"\n'), ['CONFIG_NEW']);
});

/** As far as a build of Linux goes: a configuration from what is asked for, then a kernel. */
const TREE_MAKEFILE = `
alldefconfig: ; @cp "$(KCONFIG_ALLCONFIG)" $(O)/.config
linux bzImage:
\t@grep -q broken source && { echo "source:1: error: no such thing"; exit 1; } || true
\t@mkdir -p $(O)/include/config && echo 6.13.0-rc1 > $(O)/include/config/kernel.release
\t@echo "$(ARCH)" >> $(O)/built && cp source $(O)/linux
`;

t.test('a tree is built below the cache folder, again where the last build was; Debian once', async (t) => {
  const folder = ownCache(t);
  const tree = join(folder, 'linux');
  const builds = join(folder, 'cache/miflab/builds');
  const said: string[] = [];
  const build = (source = tree) => buildKernel({ kind: 'uml', source, onLine: (line) => said.push(line) });
  mkdirSync(tree);
  await t.rejects(build(), { message: /is no tree of Linux sources/ });
  for (const [name, text] of Object.entries({ Kbuild: '', Makefile: TREE_MAKEFILE, source: 'first\n' }))
    writeFileSync(join(tree, name), text);
  t.equal((await build()).name, 'uml-6.13.0-rc1');
  writeFileSync(join(tree, 'source'), 'second\n');
  t.equal(readFileSync((await build()).file, 'utf8'), 'second\n', 'what has changed is built');
  const [own] = readdirSync(builds);
  t.equal(readFileSync(join(builds, own!, 'build/built'), 'utf8'), 'um\num\n', 'in the same folder');
  writeFileSync(join(tree, 'source'), 'broken\n');
  await t.rejects(build(), { message: /does not build:[\s\S]*error: no such thing/ });
  t.same(readdirSync(tree).toSorted(), ['Kbuild', 'Makefile', 'source'], 'the tree is as it was');

  const [{ configured } = {}] = storedKernels();
  await storeKernel('uml-6.12.1', async () => ({
    kind: 'uml',
    from: 'debian:trixie',
    configured,
    file: 'kernel',
  }));
  said.length = 0;
  t.equal((await build('debian:trixie')).name, 'uml-6.12.1');
  t.same(said, [], 'nothing is fetched or built');
});

t.test('an initramfs unpacks to what went in', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'miflab-test-cpio-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const archive = cpioArchive([
    { path: 'bin' },
    { path: 'bin/odd', content: Buffer.from('abc') },
    { path: 'init', content: Buffer.from('#!/bin/sh\n'), executable: true },
  ]);
  writeFileSync(join(folder, 'archive'), archive);
  const script = 'cd "$0" && busybox cpio -i < archive && stat -c "%a %n" bin bin/odd init';
  const { code, output } = await runProgram(['/bin/sh', '-c', script, folder]);
  t.equal(code, 0);
  t.match(output, /755 bin\n644 bin\/odd\n755 init\n/);
  t.equal(readFileSync(join(folder, 'bin/odd'), 'utf8'), 'abc');
});

t.test(
  'as a kselftest miflab is skipped where it is missing, and fails where a lab is inconclusive',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'miflab-test-kselftest-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const program = join(folder, 'miflab');
    const run = (exitCode: number, ...args: string[]) => {
      writeFileSync(program, `#!/bin/sh\necho "$@"\nexit ${exitCode}\n`, { mode: 0o755 });
      return runProgram([
        'env',
        `MIFLAB=${program}`,
        'MIFLAB_RESULTS=/r',
        'kernels/kselftest/multihoming.sh',
        ...args,
      ]);
    };
    t.match(await run(0, 'dns', '--controls'), {
      code: 0,
      output: 'run --reporter ktap --output /r dns --controls\n',
    });
    t.equal((await run(1)).code, 1);
    t.equal((await run(3)).code, 1, 'inconclusive');
    t.equal((await run(4)).code, 4, 'KSFT_SKIP: the machine lacks something');
    const without = ['env', 'MIFLAB=/no/miflab', 'kernels/kselftest/multihoming.sh'];
    t.match(await runProgram(without), { code: 4, output: /^1\.\.0 # SKIP there is no miflab/ });
  },
);
