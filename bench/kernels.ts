/** Guests and virtual time: boots, labs in a guest against this machine, an hour with two routers, two silent days. */
import { openKernel } from '../src/guests/kernel.ts';
import type { KernelImage } from '../src/guests/kernel-image.ts';
import { findKernel } from '../src/guests/kernel-names.ts';
import { latestUml, storedKernels } from '../src/guests/kernel-store.ts';
import { readLabFile } from '../src/lab/files.ts';
import { Lab } from '../src/lab/schema.ts';
import { makePlan } from '../src/plan/make-plan.ts';
import type { Plan } from '../src/plan/plan.ts';
import { thisMachine } from '../src/suite/machine.ts';
import type { Measure } from '../src/testbed/measurement.ts';
import { atMost, median, row, type Wanted } from './figures.ts';
import { processorSeconds } from './resources.ts';

const LABS = 30;
const LAB = 'labs/default-router/preference-across-links.yaml';

/** `run` is the command that runs labs, with where its results go. */
export const kernels = async (run: (...words: string[]) => string[]) => {
  const built = storedKernels().flatMap(({ kind, name }) => (kind === 'uml' ? [name] : []));
  const there: string[] = [];
  for (const name of ['debian-uml', ...built, 'debian:bookworm']) {
    const image = await kernelOr(name);
    if (!image) continue;
    if (image.kind === 'uml') there.push(name);
    const wanted = image.kind === 'uml' ? 3 : 6;
    row(`${name}: boot until labs can run`, await secondsOfBoot(image), 's', atMost(wanted, 's'));
  }
  if (there.length > 0) labsInGuests(there, run);
  const uml = latestUml();
  if (uml) await virtualTime(uml);
  else console.log('virtual time is not measured: no User-mode Linux kernel was built (make kernels)');
};

/** Nothing, with the reason said, where this machine does not have it. */
const kernelOr = async (name: string): Promise<KernelImage | undefined> => {
  try {
    const image = await findKernel(name);
    if (image.kind === 'uml' || thisMachine.hasProgram('qemu-system-x86_64')) return image;
    console.log(`${name} is not measured: it runs in QEMU, which is not installed`);
  } catch (error) {
    console.log(`${name} is not measured: ${(error as Error).message}`);
  }
  return undefined;
};

const secondsOfBoot = async (image: KernelImage): Promise<number> => {
  const seconds: number[] = [];
  for (let round = 0; round < 3; round++) {
    const began = performance.now();
    const kernel = await openKernel(image);
    seconds.push((performance.now() - began) / 1000);
    await kernel.close();
  }
  return median(seconds);
};

/** What each lab adds: the boot of the guest, and the start of the command, are in both counts. */
const labsInGuests = (kernels: string[], run: (...words: string[]) => string[]) => {
  const perLab = (kernel: string) => {
    const seconds = (times: number) =>
      processorSeconds(run(LAB, '--kernel', kernel, '--repeat', String(times))).seconds;
    return (seconds(LABS + 1) - seconds(1)) / LABS;
  };
  const here = perLab('host');
  for (const kernel of kernels) {
    const there = perLab(kernel);
    row(`processor time of a lab, one of ${LABS} in ${kernel}`, there, 's');
    row('the same against this machine', there / here, 'times', atMost(5, 'times'));
  }
};

const virtualTime = async (image: KernelImage) => {
  const kernel = await openKernel(image);
  try {
    const measured = async (what: string, plan: Plan, wanted: Wanted) =>
      row(what, await secondsOf(kernel.measure, plan), 's', wanted);
    await measured('one virtual hour with two routers', hourWithTwoRouters(), atMost(10, 's'));
    const { lab } = await readLabFile('labs/configuration/infinite-lifetime.yaml');
    await measured('two virtual days, the router silent', planOf(lab!.lab), atMost(20, 's'));
  } finally {
    await kernel.close();
  }
};

const secondsOf = async (measure: Measure, plan: Plan): Promise<number> => {
  const { timing, failure } = await measure(plan, {});
  if (failure) throw new Error(failure.message);
  return timing.total / 1000;
};

const hourWithTwoRouters = (): Plan =>
  planOf(
    Lab.parse({
      title: 'an hour',
      topic: 'field',
      source: 'none',
      level: 'none',
      timers: 'virtual',
      networks: { office: { ipv6: '2001:db8:a::/64' } },
      nodes: {
        one: { router: ['office', 'internet'], ra: { office: {} } },
        other: { router: ['office', 'internet'], ra: { office: {} } },
        server: { server: ['internet'], ipv6: '2001:db8:ff::1' },
        host: { 'under-test': ['office'] },
      },
      experiment: [
        { 'plug-in': ['office'] },
        { settle: true },
        { after: '1h' },
        { probe: { web: { udp: 'server' } } },
      ],
      expect: {},
    }),
  );

const planOf = (lab: Lab): Plan =>
  makePlan(lab, { lab: 'bench', variant: '', stack: 'kernel', timers: 'fast' });
