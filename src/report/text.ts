/** Words, figures and colours that the reports for people share. Pure. */
import { styleText } from 'node:util';
import type { Attempt, RunRecord } from '../suite/results.ts';
import type { Verdict } from '../verdict/verdict.ts';
import type { Output } from './reporter.ts';

export type Style = Parameters<typeof styleText>[0];

/** styleText where the output shows colours, else the text as it is. */
export const paint = ({ color }: Pick<Output, 'color'>, style: Style, text: string): string =>
  color ? styleText(style, text, { validateStream: false }) : text;

/** Milliseconds in words, in two units at most: 840 ms, 12.4 s, 3 min 20 s, 12 h, 2 d 4 h. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const [large, inLarge, small, inSmall] = UNITS.find(([, size]) => milliseconds >= size)!;
  const count = Math.round(milliseconds / inSmall);
  const perLarge = inLarge / inSmall;
  const rest = count % perLarge;
  return `${Math.floor(count / perLarge)} ${large}${rest > 0 ? ` ${rest} ${small}` : ''}`;
}

const UNITS: [large: string, milliseconds: number, small: string, milliseconds: number][] = [
  ['d', 86_400_000, 'h', 3_600_000],
  ['h', 3_600_000, 'min', 60_000],
  ['min', 60_000, 's', 1000],
];

/** How long a measurement took: 840 ms, and in virtual time 2 d in 6.1 s. */
export const timeOf = ({ result: { timing } }: Attempt): string =>
  timing.virtual === undefined
    ? duration(timing.total)
    : `${duration(timing.virtual)} in ${duration(timing.total)}`;

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

export const truncate = (text: string, columns: number): string =>
  text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`;

/** Indented, and broken between words where the terminal ends, with what follows below what it belongs to. */
export function paragraph(text: string, by: number, { size }: Output): string {
  const room = Math.max(size().columns - 1 - by, 20);
  const lines = text.split('\n').flatMap((line) => brokenAt(line, room));
  return lines.map((line) => `${' '.repeat(by)}${line}\n`).join('');
}

function brokenAt(line: string, room: number): string[] {
  const [start] = /^ */.exec(line)!;
  const lines = [start];
  for (const word of line.trimStart().split(' ')) {
    const last = lines.at(-1)!;
    const longer = last.trim() ? `${last} ${word}` : last + word;
    if (longer.length <= room || !last.trim()) lines[lines.length - 1] = longer;
    else lines.push(`${start}  ${word}`);
  }
  return lines;
}

export const indent = (text: string, by: number): string => text.replaceAll(/^(?=.)/gm, ' '.repeat(by));

/** Without the control characters that a daemon's output may have, which terminals obey and XML cannot hold. */
export const printable = (text: string): string =>
  text.replaceAll(/[^\P{Cc}\t\n]|\p{Cs}|[\uFFFE\uFFFF]/gu, '�');

/** The attempt that says what a run came to. */
export const decisive = ({ attempts, decisive }: RunRecord): Attempt => attempts[decisive]!;

export const isBug = (run: RunRecord): boolean => decisive(run).result.failure?.kind === 'bug';

/** In a word what a run came to, with what makes it special. */
export function headline(run: RunRecord): string {
  const notes = [
    run.outcome === 'deviates' && !run.unexpected ? 'recorded' : '',
    decisive(run).practice.some(({ state }) => state === 'changed') ? 'practice changed' : '',
    variations(run).length > 0 ? 'varies' : '',
    run.stability === 'stable' ? '' : run.stability,
  ].filter(Boolean);
  const word = wordFor(run);
  return notes.length > 0 ? `${word} (${notes.join(', ')})` : word;
}

/** A control is about its lab: it holds where it comes out differently, as it must. */
function wordFor(run: RunRecord): string {
  if (isBug(run)) return 'bug of miflab';
  if (run.kind !== 'control') return run.outcome;
  if (run.outcome === 'conforms') return 'control holds';
  return run.outcome === 'deviates' ? 'control fails' : run.outcome;
}

/** The verdicts that a person must read: all but the ones that conform as recorded. */
export function remarkable(run: RunRecord): Verdict[] {
  const { result, practice } = decisive(run);
  const changed = new Set(practice.filter(({ state }) => state === 'changed').map(({ probe }) => probe));
  return result.verdicts.filter(({ outcome, probe }) => outcome !== 'conforms' || changed.has(probe));
}

/** Each with what it is about: 'web: expected router lte-router, saw wifi-router: packets 41, 44'. */
export function reasons(run: RunRecord): string[] {
  const changes = decisive(run)
    .practice.filter(({ state }) => state === 'changed')
    .map(({ probe, recorded }) => about(probe, `recorded practice was ${recorded}`));
  return [
    ...remarkable(run).map(({ probe, reason }) => about(probe, reason)),
    ...changes,
    ...besides(run),
    ...failureLines(run),
  ].map(printable);
}

/** Of what is known to vary: why, and what it is known to decide. */
export const variations = (run: RunRecord): string[] =>
  decisive(run).practice.flatMap(({ probe, state, varies, recorded }) =>
    varies && state === 'as recorded'
      ? printable(about(probe, `varies from run to run: ${varies} Known: ${recorded}`))
      : [],
  );

/** Findings beside the verdicts: what the stack took away from the lab, and where the host contradicts the wire. */
export const besides = (run: RunRecord): string[] => {
  const { verdicts, findings = [] } = decisive(run).result;
  const contradictions = verdicts.flatMap(({ probe, decision }) =>
    (decision?.contradictions ?? []).map((contradiction) => about(probe, contradiction)),
  );
  return [...findings, ...contradictions].map(printable);
};

const about = (probe: string, sentence: string): string => (probe ? `${probe}: ${sentence}` : sentence);

/** Why the lab could not be measured as it should: the sentence, the remedy, the daemon's last words. */
function failureLines(run: RunRecord): string[] {
  const { failure, verdicts } = decisive(run).result;
  if (!failure) return [];
  const where =
    failure.kind === 'lab' && failure.at ? `${run.file}:${failure.at.line}:${failure.at.column}: ` : '';
  const message = verdicts.some(({ reason }) => reason.includes(failure.message))
    ? []
    : [`${where}${failure.message}`];
  if (failure.kind === 'machine' && failure.remedy) return [...message, failure.remedy];
  if (failure.kind === 'daemon')
    return [...message, ...failure.lastOutput.map((line) => `${failure.daemon} | ${line}`)];
  return message;
}
