// Guests and virtual time: boots, a suite in a guest against this machine, an hour and two days: node --import tsx bench/kernels.ts

import { cpus } from 'node:os';
import { openKernel } from '../src/guests/kernel.ts';
import { findKernel } from '../src/guests/kernel-names.ts';
import { latestUml } from '../src/guests/kernel-store.ts';
import { readLabFile } from '../src/lab/files.ts';
import { makePlan } from '../src/plan/make-plan.ts';
import type { Plan } from '../src/plan/plan.ts';
import { measure } from '../src/testbed/measure.ts';
import { atMost, row } from './figures.ts';

/** All processors together: a guest's processes are nobody's children here. */
const busySeconds = (): number =>
  cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000;

const planOf = async (name: string): Promise<Plan> => {
  const { lab } = await readLabFile(`labs/${name}.yaml`);
  return makePlan(lab!.lab, { lab: name, variant: '', stack: 'kernel', timers: 'fast' });
};

const plan = await planOf('default-router/preference-across-links');
const LABS = 30;

const suite = async (run: typeof measure): Promise<number> => {
  const before = busySeconds();
  for (let index = 0; index < LABS; index++) {
    const { failure } = await run(plan, {});
    if (failure) throw new Error(failure.message);
  }
  return busySeconds() - before;
};

for (const [name, wanted] of [
  ['debian-uml', 3],
  ['uml', 3],
  ['debian:bookworm', 6],
] as const) {
  const image = await findKernel(name).catch((error: Error) => error.message);
  if (typeof image === 'string') {
    console.log(`${name}: skipped, ${image}`);
    continue;
  }
  const began = performance.now();
  const kernel = await openKernel(image);
  row(`${name}: boot to its first lab`, (performance.now() - began) / 1000, 's', atMost(wanted, 's'));
  if (name === 'debian-uml')
    row(
      `${LABS} labs in it against this machine, CPU`,
      (await suite(kernel.measure)) / (await suite(measure)),
      'times',
      atMost(5, 'times'),
    );
  await kernel.close();
}

const uml = latestUml();
if (uml) {
  const kernel = await openKernel(uml);
  for (const [name, what, wanted] of [
    ['default-router/half-an-hour-without-word', 'half a virtual hour, two routers', 10],
    ['configuration/infinite-lifetime', 'two virtual days, a quiet router', 20],
  ] as const) {
    const { timing, failure } = await kernel.measure(await planOf(name), {});
    if (failure) throw new Error(failure.message);
    row(what, timing.total / 1000, 's', atMost(wanted, 's'));
  }
  await kernel.close();
}
