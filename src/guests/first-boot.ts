/** The first boot of a host alone in a guest, in a lab of a host and nothing else: which kernel it is, and what it lacks. */
import { type HostGuest, inGuest } from '../plan/host-guest.ts';
import type { Plan } from '../plan/plan.ts';
import { KernelUnavailable } from '../suite/kernel.ts';
import { kernelFeatures } from '../suite/kernel-features.ts';
import type { Measure } from '../testbed/measurement.ts';

/** Those that a host's own configuration may need. */
const FEATURES = ['nftables', 'vrf', 'netem', 'tbf'];

/** @throws KernelUnavailable where the guest does not come up */
export const firstBoot = async (
  guest: HostGuest,
  measure: Measure,
): Promise<{ release: string; lacking: string[] }> => {
  const plan = inGuest(emptyLab(guest.kernel), guest);
  const { timeline, failure, console = '' } = await measure(plan, {});
  if (failure)
    throw new KernelUnavailable(
      `${guest.kernel} does not come up as a host: ${failure.message}\n${console.split('\n').slice(-12).join('\n').trim()}`,
    );
  const release = timeline.flatMap((event) =>
    event.kind === 'log' ? (/^\{"ready":"([^"]+)"/.exec(event.text)?.[1] ?? []) : [],
  )[0]!;
  const said = timeline.flatMap((event) =>
    event.kind === 'probe' && event.what === 'answer' ? [event.answer.output ?? ''] : [],
  );
  const works = said.join('').split('\n');
  return { release, lacking: FEATURES.filter((name) => !works.includes(name)) };
};

/** Each feature is tried, and its name printed where it works. */
const TRY_FEATURES = FEATURES.map((name) => `(${kernelFeatures[name]}) >/dev/null 2>&1 && echo ${name}`).join(
  '\n',
);

const emptyLab = (kernel: string): Plan => ({
  format: 1,
  lab: `first boot of ${kernel}`,
  variant: '',
  stack: 'kernel',
  kernel,
  host: { node: 'host', resolverFile: '/etc/resolv.conf', resolver: 'glibc' },
  timers: 'fast',
  hashSeed: 1,
  links: [],
  nodes: [
    {
      name: 'host',
      role: 'under-test',
      ownFiles: true,
      interfaces: [],
      files: {},
      sysctls: [],
      ip: [],
      nftables: '',
      tc: [],
    },
  ],
  daemons: [],
  responders: [],
  steps: [
    {
      kind: 'probe',
      title: 'features',
      probe: {
        name: 'features',
        node: 'host',
        question: {
          kind: 'command',
          command: ['unshare', '--net', '--mount', '/bin/sh', '-c', `${TRY_FEATURES}\ntrue`],
          destinations: [],
        },
        nonce: 'miflab:features',
        everyMs: 0,
        withinMs: 60_000,
      },
    },
  ],
  builds: [],
  needs: [],
});
