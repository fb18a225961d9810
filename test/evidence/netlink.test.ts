import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { decodeNetlink, type HostChange } from '../../src/evidence/netlink.ts';
import {
  encodeRequests,
  messagesOf,
  type Request,
  readAttributes,
  readRefusal,
} from '../../src/evidence/netlink-messages.ts';
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

const requests: fc.Arbitrary<Request[]> = fc.array(
  fc.record(
    {
      type: fc.constantFrom(16, 20),
      object: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
      attributes: fc.uniqueArray(
        fc.tuple(fc.integer({ min: 1, max: 100 }), fc.uint8Array({ maxLength: 20 })),
        {
          selector: ([type]) => type,
        },
      ),
    },
    { noNullPrototype: true },
  ),
);

t.test('requests are read back as they were written', async () => {
  fc.assert(
    fc.property(requests, (written) => {
      const read = messagesOf(encodeRequests(written)).map(({ type, body }) => ({
        type,
        object: body.subarray(0, 8),
        attributes: [...readAttributes(body, 8)].map(([of, value]) => [of, new Uint8Array(value)]),
      }));
      return isDeepStrictEqual(read, written);
    }),
  );
});

t.test('a refusal names the request and the error; an acknowledgement is none', async (t) => {
  const answer = (errno: number) => {
    const body = Buffer.alloc(20);
    body.writeInt32LE(-errno, 0);
    body.writeUInt32LE(7, 12);
    return { type: 2, flags: 0, body };
  };
  t.same(readRefusal(answer(17)), { request: 7, errno: 17 });
  t.equal(readRefusal(answer(0)), undefined);
  t.equal(readRefusal({ ...answer(17), type: 20 }), undefined);
});

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
