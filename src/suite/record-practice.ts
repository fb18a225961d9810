import {
  comparePractice,
  decisionsIn,
  isUnexplained,
  type Practice,
  type Recorded,
  recordOf,
} from '../verdict/practice.ts';
import { wordsOf } from '../verdict/stable.ts';
import type { Verdict } from '../verdict/verdict.ts';
import { lastAttempts } from './outcome.ts';
import type { RunRecord } from './results.ts';

export interface PracticeChange {
  run: string;
  probe: string;
  /** The decisions in words; undefined where nothing else was recorded. */
  before?: string;
  now: string;
  /** A deviation or a variation that nobody has given a reason for. */
  unexplained: boolean;
}

/**
 * Today's decisions as practice. Pure. Repetitions that came out differently are practice that varies. What came to no decision, and what was not run, stays as it was.
 *
 * @param known where reasons, and what was recorded before, are taken from: this kernel's practice or the nearest
 * @param kept this kernel's own practice
 */
export function recordPractice(
  runs: RunRecord[],
  known: Practice,
  kept: Practice,
): { practice: Practice; changes: PracticeChange[] } {
  const practice = structuredClone(kept);
  const decided = runs
    .filter(({ kind }) => kind !== 'control')
    .flatMap((run) => verdictsByProbe(run).map((verdicts) => ({ run, verdicts })));
  const changes = decided.flatMap(({ run, verdicts }): PracticeChange[] => {
    const { probe } = verdicts[0]!;
    const before = known[run.lab]?.[run.variant]?.[probe];
    const now = recordOf(verdicts, before);
    if (!now) return [];
    put(practice, run, probe, now);
    const unchanged = verdicts.every(
      (verdict) => (comparePractice(verdict, before)?.state ?? 'as recorded') === 'as recorded',
    );
    const unexplained = isUnexplained(now);
    if (unchanged && !unexplained) return [];
    const was = before && !unchanged ? inWords(before) : undefined;
    return [{ run: run.id, probe, before: was, now: inWords(now), unexplained }];
  });
  return { practice, changes };
}

/** Those of every repetition, probe by probe. */
const verdictsByProbe = ({ attempts }: RunRecord): Verdict[][] => {
  const all = lastAttempts(attempts).flatMap(({ result }) => result.verdicts);
  return [...new Set(all.map(({ probe }) => probe))].map((probe) => all.filter((one) => one.probe === probe));
};

function put(practice: Practice, { lab, variant }: RunRecord, probe: string, recorded: Recorded): void {
  practice[lab] ??= {};
  practice[lab][variant] ??= {};
  practice[lab][variant][probe] = recorded;
}

const inWords = (recorded: Recorded): string =>
  decisionsIn(recorded)
    .map(({ outcome, decision }) => `${outcome}, ${wordsOf(decision)}`)
    .join(' | ');
