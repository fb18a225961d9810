import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { storeEvidence } from '../../src/evidence/store.ts';
import type { TimelineEvent } from '../../src/evidence/timeline.ts';
import type { Plan, PlannedDaemon } from '../../src/plan/plan.ts';
import { readPcapng } from './pcapng-reader.ts';

const daemon = (id: string, files: Record<string, string>) =>
  ({ id, node: 'router', files }) as unknown as PlannedDaemon;

const radvd = (text: string) => daemon('router.ra', { '/run/miflab/daemons/router.ra/radvd.conf': text });

const plan = {
  lab: 'default-router/preference',
  nodes: [
    { name: 'router', interfaces: [{ link: 'wifi' }] },
    { name: 'host', interfaces: [{ link: 'wifi' }] },
  ],
  daemons: [
    radvd('interface wifi {};'),
    daemon('../../escape', { '/etc/a/x.conf': 'a', '/etc/b/x.conf': 'b', '/../../../out': 'no way out' }),
  ],
  steps: [{ kind: 'probe' }, { kind: 'reconfigure', daemon: radvd('interface wifi { AdvSendAdvert on; };') }],
} as unknown as Plan;

const packet = (number: number, at: number, node: string): TimelineEvent => ({
  at,
  kind: 'packet',
  number,
  link: 'wifi',
  node,
  length: 60,
  data: Buffer.alloc(60, number).toString('base64'),
});

const log = (at: number, daemon: string, text: string): TimelineEvent => ({
  at,
  kind: 'log',
  node: 'router',
  daemon,
  stream: 'stderr',
  text,
});

/** The clock was set back between the packets. */
const timeline = [
  packet(2, 1, 'host'),
  log(2.5, 'router.ra', 'sending RA'),
  packet(1, 3, 'router'),
  log(4, 'networkd', 'wifi: gained carrier'),
  log(5.25, 'router.ra', 'exiting'),
];

t.test('a folder holds all that a run leaves behind, and nothing lies outside', async (t) => {
  const outside = t.testdir();
  const folder = join(outside, 'results', 'lab');
  mkdirSync(join(outside, 'results'));
  await storeEvidence(folder, plan, { timeline, epochMs: 0 }, new Map([[2, 'probe web']]));
  const read = (path: string) => readFileSync(join(folder, path), 'utf8');
  const files = readdirSync(outside, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(outside.length + 1));
  t.strictSame(files.sort(), [
    'results/lab/capture.pcapng',
    'results/lab/daemons/__.._escape/_/_/_/out',
    'results/lab/daemons/__.._escape/etc/a/x.conf',
    'results/lab/daemons/__.._escape/etc/b/x.conf',
    'results/lab/daemons/__.._escape/log.txt',
    'results/lab/daemons/networkd/log.txt',
    'results/lab/daemons/router.ra/log.txt',
    'results/lab/daemons/router.ra/radvd.conf',
    'results/lab/daemons/router.ra/step-2/radvd.conf',
    'results/lab/plan.json',
    'results/lab/timeline.jsonl',
  ]);
  t.equal(read('daemons/router.ra/radvd.conf'), 'interface wifi {};');
  t.equal(read('daemons/router.ra/step-2/radvd.conf'), 'interface wifi { AdvSendAdvert on; };');
  t.equal(read('daemons/router.ra/log.txt'), '2.500 sending RA\n5.250 exiting\n');
  t.equal(read('daemons/__.._escape/log.txt'), '');
  t.strictSame(JSON.parse(read('plan.json')), plan);
  t.strictSame(
    read('timeline.jsonl')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    timeline,
  );
});

t.test('packets stand in the capture by their numbers, each with its port and comment', async (t) => {
  const folder = t.testdir();
  await storeEvidence(folder, plan, { timeline, epochMs: 0 }, new Map([[2, 'probe web']]));
  const { interfaces, packets } = readPcapng(readFileSync(join(folder, 'capture.pcapng')));
  t.match(
    packets.map((packet) => ({
      name: interfaces[packet.interface]!.name,
      first: packet.data[0],
      comment: packet.comment,
    })),
    [
      { name: 'wifi (router)', first: 1, comment: undefined },
      { name: 'wifi (host)', first: 2, comment: 'probe web' },
    ],
  );
});
