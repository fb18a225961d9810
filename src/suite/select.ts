/** Which of all possible runs a command asks for. Pure. */
import { createHash } from 'node:crypto';
import { needsAttention } from './outcome.ts';
import type { RunInfo, RunRecord } from './results.ts';
import type { Run } from './run.ts';
import { settingOf } from './setting.ts';

export interface Shard {
  /** From 1. */
  index: number;
  count: number;
}

export interface Selection {
  grep?: RegExp;
  shard?: Shard;
  controls: boolean;
  /** Only what did not come out as it should in these records. */
  lastFailed?: RunRecord[];
}

export function select(runs: Run[], { grep, shard, controls, lastFailed }: Selection): Run[] {
  const failed = lastFailed && new Set(lastFailed.filter(needsAnotherLook).flatMap(withWhatItNeeds));
  return runs.filter(
    (run) =>
      (!grep || grep.test(searchable(run.info))) &&
      (!shard || isInShard(run.info.lab, shard)) &&
      (failed ? failed.has(keyOf(run.info)) : controls || run.info.kind !== 'control'),
  );
}

/** What --grep looks at. */
export const searchable = ({
  id,
  title,
  topic,
  source,
}: Pick<RunInfo, 'id' | 'title' | 'topic' | 'source'>): string => [id, title, topic, ...source].join(' ');

const needsAnotherLook = (run: RunRecord): boolean => needsAttention(run) || run.stability !== 'stable';

type Named = Pick<RunInfo, 'kind' | 'lab' | 'stack' | 'kernel' | 'id'>;

/** Whether a decision depends on the order can only be told from all orders: they have one key. */
const keyOf = (run: Named): string => (run.kind === 'control' ? run.id : `${run.lab} on ${settingOf(run)}`);

/** Whether a control differs can only be told beside its lab. */
const withWhatItNeeds = (run: Named): string[] => [keyOf(run), keyOf({ ...run, kind: 'lab' })];

/** By the lab's name alone: every machine agrees without being told, and the orders of a lab stay together. */
const isInShard = (lab: string, { index, count }: Shard): boolean =>
  createHash('sha256').update(lab).digest().readUInt32BE() % count === index - 1;
