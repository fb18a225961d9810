// Speed, measured now and printed as ratios where machines differ: `make bench`.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Lab } from '../src/lab/schema.ts';
import { makePlan } from '../src/plan/make-plan.ts';
import { measure } from '../src/testbed/measure.ts';

const MIFLAB = 'dist/miflab.js';
const LAB = 'labs/default-router/preference-across-links.yaml';

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const timed = (command: string, args: string[], input?: string): number => {
  const began = performance.now();
  spawnSync(command, args, { stdio: ['pipe', 'ignore', 'ignore'], input });
  return performance.now() - began;
};
const several = (count: number, measureOnce: () => number): number =>
  median(Array.from({ length: count }, measureOnce));
const print = (what: string, value: string, wanted: string) =>
  console.log(`${what.padEnd(58)} ${value.padStart(22)}   ${wanted}`);

/** All processors together: the processes of a lab are reaped in their own pid namespace, where no one's times count them. */
const busySeconds = (): number =>
  cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000;

const help = several(9, () => timed('node', [MIFLAB, '--help']) / timed('node', ['-e', '0']));
print('--help against node -e 0', `${help.toFixed(2)} times`, 'under 3 times');

const results = mkdtempSync(join(tmpdir(), 'miflab-bench-'));
try {
  const one = several(5, () => timed('node', [MIFLAB, 'run', LAB, '-o', results]));
  print('one kernel-stack lab, command to exit', `${one.toFixed(0)} ms`, 'under 1000 ms');

  const began = performance.now();
  const busyBefore = busySeconds();
  execFileSync('node', [MIFLAB, 'run', LAB, '--repeat', '100', '-o', results], { stdio: 'ignore' });
  const wall = (performance.now() - began) / 1000;
  print('100 four-node labs with two radvd, wall', `${wall.toFixed(1)} s`, 'under 30 s');
  print(
    'the same, CPU of the whole machine per lab',
    `${((busySeconds() - busyBefore) / 100).toFixed(2)} s`,
    'at most 0.5 s',
  );
} finally {
  rmSync(results, { recursive: true });
}

/** A link with so many hosts and nothing else; the host under test beside them. */
const hostsOnOneLink = (count: number) =>
  makePlan(
    Lab.parse({
      title: 'bring-up',
      topic: 'field',
      source: 'none',
      level: 'none',
      networks: { lan: { ipv4: '10.0.0.0/16' } },
      nodes: {
        ...Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, { server: ['lan'] }])),
        host: { 'under-test': ['lan'] },
      },
      experiment: [{ 'plug-in': ['lan'] }],
      expect: {},
    }),
    { lab: 'bring-up', variant: '', stack: 'kernel', timers: 'fast' },
  );

/** The same namespaces, links and addresses by hand: one batch that creates, and one ip for each namespace. */
const byHand = (count: number): string => {
  const names = Array.from({ length: count }, (_, i) => `n${i}`);
  const create = [
    'netns add fabric',
    'link add name lan netns fabric type bridge mcast_snooping 0',
    ...names.map((name) => `netns add ${name}`),
    ...names.map((name, i) => `link add name lan netns ${name} type veth peer name p${i} netns fabric`),
  ];
  const ports = ['link set dev lan up', ...names.map((_, i) => `link set dev p${i} master lan up`)];
  const node = (i: number) =>
    `link set dev lo up\nlink set dev lan up\naddr add 10.0.${i >> 8}.${i & 255}/16 dev lan\n`;
  return `ip -batch - <<'E'\n${create.join('\n')}\nE
nsenter --net=/run/netns/fabric ip -batch - <<'E'\n${ports.join('\n')}\nE
${names.map((name, i) => `nsenter --net=/run/netns/${name} ip -batch - <<'E'\n${node(i)}E`).join('\n')}\n`;
};

for (const count of [100, 1000]) {
  const { timing, failure } = await measure(hostsOnOneLink(count), {});
  if (failure) throw new Error(failure.message);
  const script = join(tmpdir(), `miflab-bench-${process.pid}.sh`);
  writeFileSync(script, `mount -t tmpfs tmpfs /run && mkdir /run/netns\n${byHand(count)}`);
  const hand = timed('unshare', [
    '--user',
    '--map-root-user',
    '--net',
    '--mount',
    '--fork',
    '--kill-child',
    '--pid',
    '/bin/sh',
    script,
  ]);
  rmSync(script);
  print(
    `${count} hosts on one link against a script of ip -batch`,
    `${(timing.total / hand).toFixed(2)} times`,
    'at most 1.5 times',
  );
  print('the same, per host', `${(timing.total / count).toFixed(2)} ms`, 'flat');
}
