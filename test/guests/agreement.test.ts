/**
 * What the kernel alone decides is the same in a guest as on the machine: the guest's kernel is the User-mode Linux that
 * is nearest to the machine's version, or the one that MIFLAB_KERNEL names.
 */
import { release } from 'node:os';
import t from 'tap';
import { decide } from '../../src/decision/decide.ts';
import { openKernel } from '../../src/guests/kernel.ts';
import type { KernelImage } from '../../src/guests/kernel-image.ts';
import { findKernel, kernelsThere } from '../../src/guests/kernel-names.ts';
import { versionOf } from '../../src/guests/kernel-version.ts';
import { readLabFile } from '../../src/lab/files.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import { measure } from '../../src/testbed/measure.ts';
import { stableDecision } from '../../src/verdict/stable.ts';

t.setTimeout(20 * 60_000);

const LABS = [
  'default-router/lifetime-zero',
  'default-router/no-router',
  'default-router/preference-across-links',
  'default-router/preference-of-later-link',
  'default-router/preference-on-one-link',
  'default-router/reserved-preference',
  'default-router/router-says-goodbye',
  'default-router/without-prefix',
  'first-hop/redirect-followed',
  'first-hop/route-information',
  'first-hop/route-survives-default',
  'host-model/bound-source-other-link',
  'source-address/deprecated-alone',
  'source-address/deprecated-avoided',
  'source-address/longest-match',
  'source-address/matching-label',
  'source-address/outgoing-interface',
  'source-address/own-link-only',
  'source-address/scope',
  'source-address/unique-local-beside-global',
];

const distance = (image: KernelImage): number => {
  const [[major, minor], [ownMajor, ownMinor]] = [versionOf(image), release()].map((version) =>
    version.split('.').map(Number),
  ) as [[number, number], [number, number]];
  return Math.abs(major - ownMajor) * 100 + Math.abs(minor - ownMinor);
};

const nearest = async (): Promise<KernelImage | undefined> => {
  const named = process.env.MIFLAB_KERNEL;
  if (named) return findKernel(named);
  const there = await Promise.all(kernelsThere().map((name) => findKernel(name)));
  return there.filter(({ kind }) => kind === 'uml').toSorted((a, b) => distance(a) - distance(b))[0];
};

const image = await nearest();

t.test(
  'what the kernel alone decides in twenty labs is the same in a guest as on this machine',
  { skip: image ? false : 'no User-mode Linux kernel is there' },
  async (t) => {
    const kernel = await openKernel(image!);
    t.teardown(() => kernel.close());
    t.comment(`${image!.name}, Linux ${kernel.release}, against this machine's ${release()}`);
    for (const name of LABS) {
      const { lab } = await readLabFile(`labs/${name}.yaml`);
      const plan = makePlan(lab!.lab, { lab: name, variant: '', stack: 'kernel', timers: 'fast' });
      const [here, there] = await Promise.all([measure(plan, {}), kernel.measure(plan, {})]);
      t.equal(here.failure, undefined, name);
      t.equal(there.failure, undefined, name);
      t.same(
        decide(plan, there.timeline).map(stableDecision),
        decide(plan, here.timeline).map(stableDecision),
        name,
      );
    }
  },
);
