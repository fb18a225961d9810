import { type Practice, type Recorded, recordOf } from '../verdict/practice.ts';
import { wordsOf } from '../verdict/stable.ts';
import type { RunRecord } from './results.ts';

export interface PracticeChange {
  run: string;
  probe: string;
  /** The decisions in words; undefined where nothing was recorded. */
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
  const changes = decided.flatMap(({ run, verdict }) => {
    const before = known[run.lab]?.[run.variant]?.[verdict.probe];
    const now = recordOf(verdict, before);
    if (!now) return [];
    put(practice, run, verdict.probe, now);
    return changeOf(run.id, verdict.probe, before, now);
  });
  return { practice, changes };
}

function put(practice: Practice, { lab, variant }: RunRecord, probe: string, recorded: Recorded): void {
  practice[lab] ??= {};
  practice[lab][variant] ??= {};
  practice[lab][variant][probe] = recorded;
}

function changeOf(run: string, probe: string, before: Recorded | undefined, now: Recorded): PracticeChange[] {
  const [was, is] = [before && inWords(before), inWords(now)];
  const unexplained = now.outcome === 'deviates' && !now.reason;
  return was === is && !unexplained ? [] : [{ run, probe, before: was, now: is, unexplained }];
}

const inWords = ({ outcome, decision }: Recorded): string => `${outcome}, ${wordsOf(decision)}`;
