import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import t from 'tap';
import { decodeNetlink, type HostChange } from '../../src/evidence/netlink.ts';
import { applyEvent, emptyTables, type Tables } from '../../src/evidence/tables.ts';
import type { NetlinkEvent } from '../../src/evidence/timeline.ts';
import { isLike, type RecordedStep, script } from './netlink-script.ts';

const recording = fileURLToPath(new URL('netlink-recording.ts', import.meta.url));
/**
 * What `record` gave on Linux 6.18 with iproute2 6.1, less most of the dumps: so that the decoder is tested where
 * no namespace may be made.
 */
const fixture = fileURLToPath(new URL('fixtures/netlink.json', import.meta.url));
const inNamespace = [
  '-Urn',
  process.execPath,
  '--import',
  'tsx',
  recording,
  ...script.map(([command]) => command),
];

const record = (): RecordedStep[] =>
  JSON.parse(execFileSync('unshare', inNamespace, { encoding: 'utf8', maxBuffer: 1 << 26 }));

const mayUnshare = spawnSync('unshare', ['-Urn', 'true']).status === 0;

const decodeAll = (datagrams: string[], names: Map<number, string>): HostChange[] =>
  datagrams.flatMap((datagram) => decodeNetlink(Buffer.from(datagram, 'hex'), names));

const fold = (tables: Tables, changes: HostChange[]): Tables =>
  changes.reduce(
    (sofar, change) => applyEvent(sofar, { at: 0, node: 'host', ...change } as NetlinkEvent),
    tables,
  );

/**
 * Entries in an order of their own, without what differs between an event and a dump: lifetimes run, and of a
 * multipath route each message names the preference of one next hop for all.
 */
const comparable = (tables: Tables): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(tables).map(([name, entries]) => [
      name,
      entries
        .map((entry: object) =>
          JSON.stringify({ ...entry, what: 0, replaces: 0, preferredLifetime: 0, validLifetime: 0 }),
        )
        .sort(),
    ]),
  );

const sources: [name: string, steps: () => RecordedStep[], skip: string | false][] = [
  ['recorded on Linux 6.18', () => JSON.parse(readFileSync(fixture, 'utf8')), false],
  ['of this kernel', record, mayUnshare ? false : 'no user namespaces here'],
];

for (const [source, stepsOf, skip] of sources) {
  t.test(`netlink messages ${source}`, { skip }, (t) => {
    const [beginning, ...steps] = stepsOf();
    const names = new Map<number, string>();
    let tables = fold(emptyTables(), decodeAll(beginning!.dump, names));
    t.equal(steps.length, script.length);
    for (const [index, { command, datagrams, dump }] of steps.entries()) {
      const changes = decodeAll(datagrams, names);
      for (const expected of script[index]!.slice(1) as Record<string, unknown>[])
        t.ok(
          changes.some((change) => isLike(change, expected)),
          `${command} is told`,
          { changes, expected },
        );
      tables = fold(tables, changes);
      if (dump.length > 0) {
        const dumped = fold(emptyTables(), decodeAll(dump, new Map()));
        t.strictSame(comparable(tables), comparable(dumped), `the tables after ${command} are the kernel's`);
      }
    }
    t.end();
  });
}

t.test('a datagram that is cut off yields the messages before the cut', (t) => {
  const steps: RecordedStep[] = JSON.parse(readFileSync(fixture, 'utf8'));
  const datagrams = steps
    .flatMap(({ datagrams, dump }) => [...datagrams, ...dump])
    .map((text) => Buffer.from(text, 'hex'));
  const cut = fc.property(fc.constantFrom(...datagrams), fc.nat(), (datagram, nat) => {
    const whole = decodeNetlink(datagram, new Map());
    const part = decodeNetlink(datagram.subarray(0, nat % datagram.length), new Map());
    return (
      part.length <= whole.length && JSON.stringify(whole.slice(0, part.length)) === JSON.stringify(part)
    );
  });
  t.doesNotThrow(() => fc.assert(cut));
  t.end();
});
