import fc from 'fast-check';
import t from 'tap';
import { pcapng } from '../../src/evidence/pcapng.ts';
import type { PacketEvent } from '../../src/evidence/timeline.ts';
import { readPcapng } from './pcapng-reader.ts';
import { dissect, noTshark } from './tshark.ts';

const ports = [
  { link: 'wifi', node: 'host' },
  { link: 'wifi', node: 'wifi-router' },
  { link: 'lte', node: 'host' },
];

const epochMs = 1_700_000_000_123.456;

const packets = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 1e9 }),
    port: fc.constantFrom(...ports),
    bytes: fc.uint8Array({ maxLength: 1900 }),
    cut: fc.nat(60000),
  }),
);

const events = (
  drawn: { at: number; port: (typeof ports)[number]; bytes: Uint8Array; cut: number }[],
): PacketEvent[] =>
  drawn.map(({ at, port, bytes, cut }, index) => ({
    at: at / 1000,
    kind: 'packet',
    number: index + 1,
    ...port,
    length: bytes.length + cut,
    data: Buffer.from(bytes).toString('base64'),
  }));

t.test(
  'what is written is read again: interfaces, bytes, lengths, times to the microsecond, comments',
  (t) => {
    const roundTrip = fc.property(
      packets,
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      (drawn, comment) => {
        const timeline = events(drawn);
        const comments = new Map([[2, comment]]);
        const file = readPcapng(pcapng(timeline, { ports, epochMs, comments }));
        t.strictSame(
          file.interfaces.map(({ name }) => name),
          ['wifi (host)', 'wifi (wifi-router)', 'lte (host)'],
        );
        t.strictSame(
          file.packets,
          drawn.map(({ at, port, bytes, cut }, index) => ({
            interface: ports.indexOf(port),
            microseconds: 1_700_000_000_123_456n + BigInt(at),
            length: bytes.length + cut,
            data: Buffer.from(bytes),
            comment: index === 1 && comment !== '' ? comment : undefined,
          })),
        );
      },
    );
    t.doesNotThrow(() => fc.assert(roundTrip, { numRuns: 50 }));
    t.end();
  },
);

t.test('a port that only a packet names gets an interface, too', (t) => {
  const [packet] = events([
    { at: 0, port: { link: 'lte', node: 'lte-router' }, bytes: new Uint8Array(60), cut: 0 },
  ]);
  const file = readPcapng(pcapng([packet!], { ports, epochMs }));
  t.equal(file.interfaces[file.packets[0]!.interface]?.name, 'lte (lte-router)');
  t.end();
});

t.test('tshark shows the names, times and comments', { skip: noTshark }, (t) => {
  const timeline = events([
    { at: 1_500_000, port: ports[2]!, bytes: new Uint8Array(61), cut: 0 },
    { at: 1_500_001, port: ports[1]!, bytes: new Uint8Array(60), cut: 1400 },
  ]);
  const file = pcapng(timeline, { ports, epochMs, comments: new Map([[2, 'probe web: größer']]) });
  const fields = [
    'frame.number',
    'frame.interface_name',
    'frame.interface_description',
    'frame.time_epoch',
    'frame.len',
    'frame.cap_len',
    'frame.comment',
  ];
  t.strictSame(
    dissect(t.testdir(), file, fields).map((packet) => Object.values(packet)),
    [
      ['1', 'lte (host)', 'sent by host on lte', '1700000001.623456000', '61', '61', ''],
      [
        '2',
        'wifi (wifi-router)',
        'sent by wifi-router on wifi',
        '1700000001.623457000',
        '1460',
        '60',
        'probe web: größer',
      ],
    ],
  );
  t.end();
});
