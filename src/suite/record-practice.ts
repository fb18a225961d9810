import { comparePractice, type Practice, type Recorded, recordOf } from '../verdict/practice.ts';
import { wordsOf } from '../verdict/stable.ts';
import type { RunRecord } from './results.ts';

export interface PracticeChange {
  run: string;
  probe: string;
  /** The decisions in words; undefined where nothing else was recorded. */
  before?: string;
  now: string;
  /** A deviation that nobody has given a reason for. */
  unexplained: boolean;
}

/**
 * Today's decisions as practice. Pure. What came to no decision, and what was not run, stays as it was.
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
    .flatMap((run) => run.attempts[run.decisive]!.result.verdicts.map((verdict) => ({ run, verdict })));
  const changes = decided.flatMap(({ run, verdict }): PracticeChange[] => {
    const before = known[run.lab]?.[run.variant]?.[verdict.probe];
    const now = recordOf(verdict, before);
    if (!now) return [];
    put(practice, run, verdict.probe, now);
    const unchanged = comparePractice(verdict, before)?.state === 'as recorded';
    const unexplained = now.outcome === 'deviates' && !now.reason;
    if (unchanged && !unexplained) return [];
    const was = before && !unchanged ? inWords(before) : undefined;
    return [{ run: run.id, probe: verdict.probe, before: was, now: inWords(now), unexplained }];
  });
  return { practice, changes };
}

function put(practice: Practice, { lab, variant }: RunRecord, probe: string, recorded: Recorded): void {
  practice[lab] ??= {};
  practice[lab][variant] ??= {};
  practice[lab][variant][probe] = recorded;
}

const inWords = ({ outcome, decision }: Recorded): string => `${outcome}, ${wordsOf(decision)}`;
