/** What hosts in user lands cost: time to start one, memory of one with NetworkManager, labs over many stacks. */
import { spawnSync } from 'node:child_process';
import { comparedLabs } from '../scripts/committed.ts';
import { defaultImage } from '../src/images/default-image.ts';
import { unusable } from '../src/images/store.ts';
import { Lab } from '../src/lab/schema.ts';
import { makePlan } from '../src/plan/make-plan.ts';
import { measure } from '../src/testbed/measure.ts';
import { atMost, median, row } from './figures.ts';
import { megabytesBeside } from './resources.ts';

const ROUNDS = 7;

export const userLands = async () => {
  const image = defaultImage();
  const problem = await unusable(image);
  if (problem) return console.log(`hosts in user lands are not measured: ${problem}: make images`);
  const without: number[] = [];
  const within: number[] = [];
  // In turn, so that the load of the machine weighs on both.
  for (let round = 0; round < ROUNDS; round++) {
    without.push(await millisecondsUntilUp('kernel'));
    within.push(await millisecondsUntilUp(`kernel@${image}`));
  }
  const difference = median(within) - median(without);
  row(`a host's own user land (${image}), added to its start`, difference, 'ms', atMost(200, 'ms'));
  row('memory of a host with NetworkManager', await megabytesOfNetworkManager(image), 'MB', atMost(80, 'MB'));
};

const STACKS = [
  'kernel',
  'dhclient',
  'ifupdown',
  'udhcpc',
  'dhcpcd',
  'networkd',
  'networkmanager',
  'connman',
];

/** Wall time of thirty of the labs that are compared, over eight stacks, whatever they come to. */
export const matrix = async (run: (...words: string[]) => string[]) => {
  const image = defaultImage();
  if (await unusable(image)) return;
  const stacks = STACKS.map((stack) => `${stack}@${image}`).join(',');
  const [file, ...args] = run(...comparedLabs().slice(0, 30), '--stack', stacks);
  const began = performance.now();
  spawnSync(file!, args, { stdio: 'ignore' });
  row('30 labs over 8 stacks, wall', (performance.now() - began) / 1000, 's', atMost(180, 's'));
};

/** Until the first step of a lab of two nodes begins. */
const millisecondsUntilUp = async (stack: string): Promise<number> => {
  const began = performance.now();
  let up = 0;
  const { failure } = await measure(planOf(stack), {
    onEvent: (event) => {
      if (event.kind === 'step' && event.phase === 'begin') up ||= performance.now() - began;
    },
  });
  if (failure) throw new Error(failure.message);
  return up;
};

/** Of all processes of the host, once it has taken up what its network offers. */
const megabytesOfNetworkManager = async (image: string): Promise<number> => {
  let megabytes = 0;
  const { failure } = await measure(planOf(`networkmanager@${image}`, STAY), {
    onEvent: (event) => {
      if (event.kind === 'step' && event.phase === 'begin' && event.title === 'run sleep on host')
        megabytes = megabytesBeside('NetworkManager');
    },
  });
  if (failure) throw new Error(failure.message);
  return megabytes;
};

/** So that the host is still there when its processes are looked at. */
const STAY = [{ run: { host: ['sleep', '3'] } }];

const planOf = (stack: string, more: unknown[] = []) =>
  makePlan(
    Lab.parse({
      title: 'a host',
      topic: 'field',
      source: 'none',
      level: 'none',
      networks: { office: { ipv6: '2001:db8:a::/64' } },
      nodes: {
        router: { router: ['office'], ra: { office: {} } },
        host: { 'under-test': ['office'] },
      },
      experiment: [{ 'plug-in': ['office'] }, { settle: true }, ...more],
      expect: {},
    }),
    { lab: 'user-land', variant: '', stack, timers: 'fast' },
  );
