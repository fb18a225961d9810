import t from 'tap';
import type { Need } from '../../src/plan/plan.ts';
import { debianPackages, installCommand } from '../../src/suite/debian-packages.ts';
import { thisMachine } from '../../src/suite/machine.ts';
import { measureSupported } from '../../src/suite/measure-supported.ts';
import { everyNeed, isBlocking, type Machine, missingOn } from '../../src/suite/needs.ts';
import { makeFakePlan, measurementOf } from './fakes.ts';

const everything: Machine = {
  user: 'ada',
  hasProgram: () => true,
  hasHeader: () => true,
  hasModule: () => true,
  hasIdRange: () => true,
  refusesSandbox: async () => undefined,
  lackingFeatures: async () => [],
  lackingImage: async () => undefined,
  lackingContainer: async () => undefined,
};
const needs: Need[] = [
  { kind: 'program', name: 'radvd', for: 'lte-router.ra' },
  { kind: 'program', name: 'radvd', for: 'wifi-router.ra' },
  { kind: 'program', name: 'kea-dhcp4', for: 'office.dhcpv4' },
  { kind: 'kernel', name: 'netem', for: 'the delay of a link' },
  { kind: 'ids', name: 'range', for: 'a probe as another user' },
];

t.test('a machine that has everything lacks nothing', async (t) => {
  t.same(await missingOn(everything, everyNeed), []);
});

t.test('a missing program is named once, with who needs it, its package and the command', async (t) => {
  const missing = await missingOn({ ...everything, hasProgram: () => false }, needs);
  t.match(missing, [
    {
      message: 'the program radvd is missing: needed by lte-router.ra, wifi-router.ra',
      remedy: 'apt-get install radvd',
    },
    {
      message: /kea-dhcp4 is missing \(package kea-dhcp4-server\)/,
      remedy: 'apt-get install kea-dhcp4-server',
    },
  ]);
  t.ok(missing.every(isBlocking));
  t.equal(installCommand(['ip', 'radvd', 'tc', 'own-tool']), 'apt-get install iproute2 radvd');
  t.equal(installCommand(['own-tool']), '');
});

t.test('a stack whose programs are missing keeps no other stack from running', async (t) => {
  const machine = { ...everything, hasProgram: () => false };
  const dhclient: Need = { kind: 'program', name: 'dhclient', for: 'stack dhclient', ofStack: true };
  t.notOk((await missingOn(machine, [dhclient])).some(isBlocking));
  const asDaemon: Need = { kind: 'program', name: 'dhclient', for: 'other.client' };
  t.ok((await missingOn(machine, [dhclient, asDaemon])).some(isBlocking), 'but what another node needs does');
});

t.test('a kernel feature or ids that are missing do not keep other labs from running', async (t) => {
  const machine = {
    ...everything,
    hasIdRange: () => false,
    lackingFeatures: async (names: string[]) => names,
  };
  const missing = await missingOn(machine, needs);
  t.same(
    missing.map(({ kind }) => kind),
    ['kernel', 'ids'],
  );
  t.notOk(missing.some(isBlocking));
  t.match(missing[1]?.remedy, /usermod .* ada$/);
});

t.test(
  'without a sandbox nothing is tried in one, and the reason is said with what the system said',
  async (t) => {
    const machine: Machine = {
      ...everything,
      refusesSandbox: async () => ({
        reason: 'AppArmor forbids it',
        said: 'unshare: Permission denied',
        remedy: 'sysctl -w x=0',
      }),
      lackingFeatures: async () => t.fail('tried without a sandbox') as never,
    };
    t.match(await missingOn(machine, needs), [
      {
        kind: 'sandbox',
        message: 'no lab can be built: AppArmor forbids it (unshare: Permission denied)',
        remedy: 'sysctl -w x=0',
      },
    ]);
  },
);

t.test('a plan that needs what is missing is unsupported, and any other is measured', async (t) => {
  const missing = await missingOn({ ...everything, lackingFeatures: async (names) => names }, needs);
  const measure = measureSupported(async () => measurementOf(), missing);
  t.match(await measure(makeFakePlan('dns/a', needs), {}), {
    failure: { kind: 'machine', message: /no netem/ },
  });
  t.equal((await measure(makeFakePlan('dns/b', needs.slice(0, 3)), {})).failure, undefined);
});

t.test('every program that doctor asks for has its Debian package', async (t) => {
  const programs = everyNeed.filter(({ kind }) => kind === 'program').map(({ name }) => name);
  t.same(
    programs.filter((name) => !(name in debianPackages)),
    [],
  );
});

t.test('this machine is looked at and tried', async (t) => {
  t.ok(thisMachine.hasProgram('sh'));
  t.notOk(thisMachine.hasProgram('no-such-program'));
  const refusal = await thisMachine.refusesSandbox();
  if (refusal) return void t.comment(refusal.reason);
  t.same(await thisMachine.lackingFeatures(['bridge', 'no-such-feature', 'veth']), ['no-such-feature']);
});
