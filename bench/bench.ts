// Speed, measured now and printed beside what is wanted, as ratios where machines differ: `make bench`.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SuiteResults } from '../src/suite/results.ts';
import { atLeast, atMost, median, row, several, timed } from './figures.ts';
import { type BringUp, byHand, byMiflab, byMininet } from './hosts.ts';
import { kernels } from './kernels.ts';
import { megabytesOfLabs, processorSeconds } from './resources.ts';
import { matrix, userLands } from './stacks.ts';

const MIFLAB = ['node', 'dist/miflab.js'];
const LAB = 'bench/labs/radvd-and-dnsmasq.yaml';
const LABS_AT_ONCE = 100;

const results = mkdtempSync(join(tmpdir(), 'miflab-bench-'));
const run = (...words: string[]) => [...MIFLAB, 'run', ...words, '--output', results];

const commandLine = () => {
  const ratio = several(9, () => timed([...MIFLAB, '--help']) / timed(['node', '-e', '0']));
  row('miflab --help against node -e 0', ratio, 'times', atMost(3, 'times'));
};

const oneLab = () => {
  const lab = 'labs/default-router/preference-across-links.yaml';
  const verdicts: number[] = [];
  const whole = several(5, () => {
    const took = timed(run(lab));
    const { runs } = JSON.parse(readFileSync(join(results, 'last/results.json'), 'utf8')) as SuiteResults;
    verdicts.push(runs[0]!.attempts[0]!.result.timing.readyToVerdict!);
    return took;
  });
  row('one kernel-stack lab, command to exit', whole, 'ms', atMost(1000, 'ms'));
  row('of that, from network ready to the verdict', median(verdicts), 'ms', atMost(150, 'ms'));
};

const manyLabs = async () => {
  const command = run(LAB, '--repeat', String(LABS_AT_ONCE));
  const began = performance.now();
  const { seconds, of } = processorSeconds(command);
  const wall = (performance.now() - began) / 1000;
  row(`${LABS_AT_ONCE} four-node labs with radvd and dnsmasq, wall`, wall, 's', atMost(30, 's'));
  row(`the same, processor time per lab (of the ${of})`, seconds / LABS_AT_ONCE, 's', atMost(0.5, 's'));
  const busy = seconds / cpus().length;
  row('the same, wall against processor time over processors', wall / busy, 'times', atMost(1.3, 'times'));
  row('memory of a running lab, the largest seen', await largestLab(command), 'MB', atMost(60, 'MB'));
};

/** Looks at the running labs again and again until they have all ended. */
const largestLab = async ([file, ...args]: string[]): Promise<number> => {
  const suite = spawn(file!, args, { stdio: 'ignore' });
  let over = false;
  suite.once('exit', () => {
    over = true;
  });
  let largest = 0;
  while (!over) {
    largest = Math.max(largest, megabytesOfLabs().megabytes);
    await new Promise(setImmediate);
  }
  return largest;
};

const severalBringUps = async (count: number, build: () => Promise<BringUp>): Promise<BringUp> => {
  const made: BringUp[] = [];
  for (let i = 0; i < count; i++) made.push(await build());
  return { up: median(made.map(({ up }) => up)), total: median(made.map(({ total }) => total)) };
};

const hosts = async () => {
  const perHost: { miflab: number; hand: number }[] = [];
  for (const count of [100, 1000]) {
    const miflab = await severalBringUps(3, () => byMiflab(count));
    const hand = several(3, () => byHand(count));
    perHost.push({ miflab: miflab.total / count, hand: hand / count });
    row(
      `${count} hosts on one link against ip -batch, to the end`,
      miflab.total / hand,
      'times',
      atMost(1.5, 'times'),
    );
    if (count === 100) await againstMininet(miflab);
  }
  const [few, many] = perHost as [(typeof perHost)[0], (typeof perHost)[0]];
  const byHandToo = many.hand / few.hand;
  row('1000 hosts against 100, per host, by ip -batch', byHandToo, 'times');
  // Flat where the kernel's own cost is.
  const wanted = atMost(Number((1.2 * Math.max(1, byHandToo)).toFixed(2)), 'times');
  row('the same, by miflab', many.miflab / few.miflab, 'times', wanted);
};

const againstMininet = async (miflab: BringUp) => {
  if (process.getuid!() !== 0 || spawnSync('mn', ['--version']).status !== 0)
    return console.log('mininet is not measured: it needs root and the packages mininet and bridge-utils');
  const mininet = await severalBringUps(1, () => byMininet(100));
  row('mininet against miflab, until 100 hosts are up', mininet.up / miflab.up, 'times', atLeast(8, 'times'));
  row('the same, to the end', mininet.total / miflab.total, 'times');
};

try {
  commandLine();
  oneLab();
  await manyLabs();
  await hosts();
  await userLands();
  await kernels(run);
  await matrix(run);
} finally {
  rmSync(results, { recursive: true });
}
