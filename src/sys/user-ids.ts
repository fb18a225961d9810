/** The user ids that a lab has, and how they map to the machine's. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { execa } from 'execa';

/** How ids inside map to ids outside. */
export type IdMapping = 'range' | 'single';

const RANGE = 65536;
/** As root: ids of nobody else, from the range that systemd keeps for containers (524288 to 1879048191). */
const ROOT_RANGE_START = 1_000_000_000;

/** The machine's ids of the root of every lab. */
export const mappedRoot = (): { uid: number; gid: number } =>
  process.getuid!() === 0
    ? { uid: ROOT_RANGE_START, gid: ROOT_RANGE_START }
    : { uid: process.getuid!(), gid: process.getgid!() };

export const idMapping = (): IdMapping =>
  process.getuid!() === 0 ||
  (subordinateRange('/etc/subuid') && subordinateRange('/etc/subgid') && hasProgram('newuidmap'))
    ? 'range'
    : 'single';

const hasProgram = (name: string): boolean =>
  (process.env.PATH ?? '').split(':').some((folder) => existsSync(`${folder}/${name}`));

const subordinateRange = (file: string): { start: number; count: number } | undefined => {
  if (!existsSync(file)) return undefined;
  const { username, uid } = userInfo();
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .map((text) => text.split(':'))
    .find(([owner]) => owner === username || owner === String(uid));
  return line && { start: Number(line[1]), count: Number(line[2]) };
};

/** Of a process in a user namespace that has none yet. */
export const writeIdMaps = async (pid: number, mapping: IdMapping): Promise<void> => {
  const write = (file: string, text: string) => writeFileSync(`/proc/${pid}/${file}`, text);
  const uid = process.getuid!();
  const gid = process.getgid!();
  if (uid === 0) {
    write('uid_map', `0 ${ROOT_RANGE_START} ${RANGE}`);
    write('gid_map', `0 ${ROOT_RANGE_START} ${RANGE}`);
  } else if (mapping === 'range') {
    for (const [program, own, file] of [
      ['newuidmap', uid, '/etc/subuid'],
      ['newgidmap', gid, '/etc/subgid'],
    ] as const) {
      const { start, count } = subordinateRange(file)!;
      await execa(program, [pid, 0, own, 1, 1, start, Math.min(count, RANGE - 1)].map(String));
    }
  } else {
    write('setgroups', 'deny');
    write('uid_map', `0 ${uid} 1`);
    write('gid_map', `0 ${gid} 1`);
  }
};
