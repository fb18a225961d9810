/** So many hosts on one link, built by miflab, by a script of `ip -batch`, and by mininet. */
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Lab } from '../src/lab/schema.ts';
import { makePlan } from '../src/plan/make-plan.ts';
import { measure } from '../src/testbed/measure.ts';
import { timed } from './figures.ts';

export interface BringUp {
  /** Milliseconds until all hosts are there. */
  up: number;
  /** Milliseconds until all is gone again. */
  total: number;
}

export const byMiflab = async (count: number): Promise<BringUp> => {
  const began = performance.now();
  let up = 0;
  const { failure, timing } = await measure(hostsOnOneLink(count), {
    onEvent: (event) => {
      if (event.kind === 'step' && event.phase === 'begin') up ||= performance.now() - began;
    },
  });
  if (failure) throw new Error(failure.message);
  return { up, total: timing.total };
};

/** The host under test beside them, with which a lab begins. */
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

/** A namespace of users, networks, mounts and processes, for what is compared with a lab. */
const SANDBOX = ['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** Milliseconds of a whole script, with the end of its namespaces. */
export const byHand = (count: number): number => {
  const script = join(tmpdir(), `miflab-bench-${process.pid}.sh`);
  writeFileSync(script, `mount -t tmpfs tmpfs /run && mkdir /run/netns\n${batches(count)}`);
  try {
    return timed([...SANDBOX, '--user', '--map-root-user', '/bin/sh', script]);
  } finally {
    rmSync(script);
  }
};

/** One batch that creates, and one ip for each namespace. */
const batches = (count: number): string => {
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

/** With its Linux bridge, in namespaces that end with it; it needs root. Its own words say when all is up. */
export const byMininet = async (count: number): Promise<BringUp> => {
  const began = performance.now();
  const [file, ...args] = [...SANDBOX, 'mn', '--topo', `single,${count}`, '--switch', 'lxbr'];
  const mininet = spawn(file!, [...args, '--controller', 'none', '--test', 'none'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let up = 0;
  for (const stream of [mininet.stdout, mininet.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      if (line.startsWith('*** Stopping')) up ||= performance.now() - began;
    });
  const code = await new Promise((resolve) => mininet.once('close', resolve));
  if (code !== 0 || !up) throw new Error(`mininet ended with ${code}`);
  return { up, total: performance.now() - began };
};
