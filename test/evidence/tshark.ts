/** tshark as the independent reader of what miflab writes. */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pcapng } from '../../src/evidence/pcapng.ts';
import type { PacketEvent } from '../../src/evidence/timeline.ts';

/** For tap's `skip`. */
export const noTshark = spawnSync('tshark', ['--version']).status === 0 ? false : 'no tshark here';

/** The first value of each field of each packet of a pcapng; absent fields read as ''. */
export const dissect = (folder: string, file: Uint8Array, fields: string[]): Record<string, string>[] => {
  const path = join(folder, 'capture.pcapng');
  writeFileSync(path, file);
  const columns = [
    '-T',
    'fields',
    '-E',
    'separator=/t',
    '-E',
    'occurrence=f',
    ...fields.flatMap((field) => ['-e', field]),
  ];
  const preferences = [
    '-n',
    '-o',
    'ip.check_checksum:TRUE',
    '-o',
    'ip.defragment:FALSE',
    '-o',
    'ipv6.defragment:FALSE',
  ];
  const output = execFileSync('tshark', ['-r', path, ...preferences, ...columns], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 26,
  });
  return output
    .split('\n')
    .slice(0, -1)
    .map((line) => Object.fromEntries(line.split('\t').map((value, index) => [fields[index]!, value])));
};

export const dissectFrames = (
  folder: string,
  frames: Uint8Array[],
  fields: string[],
): Record<string, string>[] =>
  dissect(folder, pcapng(frames.map(packetOf), { ports: [], epochMs: 0 }), fields);

const packetOf = (frame: Uint8Array, index: number): PacketEvent => ({
  at: index,
  kind: 'packet',
  number: index + 1,
  link: 'wifi',
  node: 'host',
  length: frame.length,
  data: Buffer.from(frame).toString('base64'),
});
