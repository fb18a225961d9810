/** Labs in real guests. Skipped, saying so, where the machine lacks their kernel. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { keepBusy } from '../../scripts/keep-busy.ts';
import { decide } from '../../src/decision/decide.ts';
import { openKernel } from '../../src/guests/kernel.ts';
import type { KernelImage } from '../../src/guests/kernel-image.ts';
import { findKernel } from '../../src/guests/kernel-names.ts';
import { latestUml } from '../../src/guests/kernel-store.ts';
import { readLabFile } from '../../src/lab/files.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import type { Plan, PlannedStep } from '../../src/plan/plan.ts';
import { thisMachine } from '../../src/suite/machine.ts';
import { missingOn } from '../../src/suite/needs.ts';
import { measure } from '../../src/testbed/measure.ts';
import { stableDecision } from '../../src/verdict/stable.ts';

t.setTimeout(20 * 60_000);

/** How often a lab in virtual time is run. */
const VIRTUAL_RUNS = Number(process.env.MIFLAB_VIRTUAL_RUNS ?? 4);

const planOf = async (file: string): Promise<Plan> => {
  const { lab } = await readLabFile(file);
  return makePlan(lab!.lab, { lab: file, variant: '', stack: 'kernel', timers: 'fast' });
};

const decisionsOf = (plan: Plan, timeline: Parameters<typeof decide>[1]) =>
  decide(plan, timeline).map(stableDecision);

const debianUml: KernelImage | undefined = await findKernel('debian-uml').catch(() => undefined);
const skipped = debianUml ? false : "Debian's package user-mode-linux is not installed";
const LABS = [
  'labs/default-router/preference-across-links.yaml',
  'labs/default-router/lifetime-zero.yaml',
  'labs/source-address/longest-match.yaml',
  'labs/source-address/deprecated-avoided.yaml',
];

const NO_VIRTUAL_TIME = 'no User-mode Linux kernel with virtual time was built (make kernels)';
const VIRTUAL_LAB = 'labs/default-router/half-an-hour-without-word.yaml';

/** Fetched once: 70 MB. */
const debianKernel = await findKernel('debian:bookworm').catch((error: Error) => error.message);
const guests = [
  ['User-mode Linux', debianUml ?? skipped, /^User-mode Linux$/, LABS],
  // Emulated, a lab takes some seconds, and minutes where the machine has much else to do.
  ['QEMU', debianKernel, /^QEMU(, emulated \(TCG\): .*KVM.*| with KVM)$/, LABS.slice(0, 1)],
] as const;

for (const [kind, image, how, labs] of guests) {
  const isThere = typeof image === 'object';
  t.test(`labs decide in a guest of ${kind} as on this machine`, { skip: !isThere && image }, async (t) => {
    const kernel = await openKernel(image as KernelImage);
    t.teardown(() => kernel.close());
    t.match(kernel, { release: /^6\.1\./, how });
    for (const file of labs) {
      const plan = await planOf(file);
      const [here, there] = [await measure(plan, {}), await kernel.measure(plan, {})];
      t.equal(there.failure, undefined);
      t.same(decisionsOf(plan, there.timeline), decisionsOf(plan, here.timeline), file);
    }
    const { needs } = await planOf(VIRTUAL_LAB);
    for (const machine of [thisMachine, kernel.machine])
      t.match(
        (await missingOn(machine, needs)).map(({ message }) => message),
        [/no (kernel with )?virtual time .*virtual timers/],
        'a lab in virtual time is unsupported on a kernel without it',
      );
  });
}

for (const [kind, image] of guests) {
  const isThere = typeof image === 'object';
  t.test(
    `a panic in a guest of ${kind} costs the lab under way, whose console is kept, and the next has a fresh guest`,
    { skip: !isThere && image },
    async (t) => {
      const kernel = await openKernel(image as KernelImage, {
        // The panic comes while the lab is built: a node's namespace is there.
        atBoot:
          '( while ! ls /proc/[0-9]*/root/run/netns/fabric >/dev/null 2>&1; do :; done; echo c > /proc/sysrq-trigger ) &\n',
      });
      t.teardown(() => kernel.close());
      const lost = await kernel.measure(await planOf(LABS[0]!), {});
      t.match(lost.failure, { kind: 'evidence', message: /the guest debian\S+ died: .*[Pp]anic/ });
      t.match(lost.console, /sysrq/i);
      t.same(await kernel.machine.lackingFeatures(['veth']), [], 'a fresh guest answers');
    },
  );
}

t.test(
  'a guest that says nothing any more is ended, and the next lab has a fresh one',
  { skip: skipped },
  async (t) => {
    const kernel = await openKernel(debianUml!, {
      // Whoever comes first stops the agent for good, once a lab is there.
      atBoot:
        '( while ! ls /proc/[0-9]*/root/run/netns/fabric >/dev/null 2>&1; do :; done; kill -STOP $(busybox pidof miflab-node) ) &\n',
      silenceMs: 15_000,
    });
    t.teardown(() => kernel.close());
    const { failure } = await kernel.measure(await planOf(LABS[0]!), {});
    t.match(failure, { kind: 'evidence', message: /hung: not a word for 15 s/ });
    t.same(await kernel.machine.lackingFeatures(['veth']), [], 'a fresh guest answers');
  },
);

t.test(
  'a kernel without IPv6 and a kernel without a module say what they lack',
  { skip: skipped },
  async (t) => {
    const modules = mkdtempSync(join(tmpdir(), 'miflab-test-modules-'));
    t.teardown(() => rmSync(modules, { recursive: true }));
    const folder = join(debianUml!.modules!, 'kernel');
    mkdirSync(join(modules, 'kernel'));
    for (const part of readdirSync(folder))
      cpSync(join(folder, part), join(modules, 'kernel', part), {
        recursive: true,
        filter: (path) => !/(^|\/)(ipv6|sch_netem|overlay)\.ko$/.test(path),
      });
    const kernel = await openKernel({ ...debianUml!, modules });
    t.teardown(() => kernel.close());
    const { needs } = await planOf(LABS[0]!);
    const missing = await missingOn(kernel.machine, [
      ...needs,
      { kind: 'kernel', name: 'netem', for: 'a delay' },
    ]);
    t.match(
      missing.map(({ message }) => message),
      // A bridge needs the module of IPv6.
      [/no ipv6 .*every lab/, /no bridge .*every lab/, /no overlay .*every lab/, /no netem .*a delay/],
    );
  },
);

t.test(
  'a lab in virtual time is the same to the byte in every run',
  {
    skip: latestUml() ? false : NO_VIRTUAL_TIME,
  },
  async (t) => {
    const kernel = await openKernel(latestUml()!);
    t.teardown(() => kernel.close());
    const plan = await planOf(VIRTUAL_LAB);
    const [first, ...others] = await alsoUnderLoad(() => kernel.measure(plan, {}));
    t.equal(first!.failure, undefined);
    t.equal(decide(plan, first!.timeline).find(({ probe }) => probe === 'web')?.router, 'backup');
    const minutes = first!.timing.virtual! / 60_000;
    t.ok(minutes > 31 && minutes < 33, `half an hour has passed: ${minutes} minutes`);
    const begin = new Date(first!.epochMs).toISOString();
    t.match(begin, /^2026-01-01T00:00:0/, 'the time stamps of the evidence are virtual');
    for (const { timeline, epochMs } of others) {
      t.equal(epochMs, first!.epochMs);
      t.equal(JSON.stringify(timeline), JSON.stringify(first!.timeline));
    }
  },
);

t.test(
  'in virtual time a lab process that a program of its lab ends is told to have been',
  { skip: latestUml() ? false : NO_VIRTUAL_TIME },
  async (t) => {
    const kernel = await openKernel(latestUml()!);
    t.teardown(() => kernel.close());
    const plan = await planOf(VIRTUAL_LAB);
    const kill: PlannedStep = {
      kind: 'run',
      title: 'kill',
      node: 'server',
      command: ['/bin/sh', '-c', 'kill -9 $PPID'],
    };
    const { failure } = await kernel.measure({ ...plan, steps: [kill, ...plan.steps] }, {});
    t.match(failure, { kind: 'evidence', message: /ended by SIGKILL: by a program of the lab/ });
  },
);

/** One after the other, and then as many side by side while every processor is kept busy. */
async function alsoUnderLoad<T>(measureOnce: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  const half = Math.ceil(VIRTUAL_RUNS / 2);
  while (results.length < half) results.push(await measureOnce());
  const rest = keepBusy();
  try {
    const loaded = Array.from({ length: VIRTUAL_RUNS - half }, measureOnce);
    return [...results, ...(await Promise.all(loaded))];
  } finally {
    rest();
  }
}

t.test('what is no kernel is said to be none', async (t) => {
  await t.rejects(findKernel('Makefile'), { message: /Makefile is no kernel/ });
  await t.rejects(findKernel('no-such-kernel'), { message: /expected host, debian-uml/ });
});
