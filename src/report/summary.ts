import { join } from 'node:path';
import { miflab } from '../suite/called-as.ts';
import { needsAttention, outcomes } from '../suite/outcome.ts';
import type { OrderFinding, RunRecord, SuiteResults } from '../suite/results.ts';
import { HOST_KERNEL, settingOf } from '../suite/setting.ts';
import type { Outcome } from '../verdict/verdict.ts';
import { matrixOf } from './matrix.ts';
import type { Output } from './reporter.ts';
import {
  besides,
  decisive,
  duration,
  isBug,
  paint,
  paragraph,
  plural,
  reasons,
  type Style,
  variations,
} from './text.ts';

/** What a person reads at the end: what needs a look, the gravest last, and below it the counts. */
export function summaryOf(results: SuiteResults, output: Output): string {
  const sections = [
    ...stories(results, output),
    ...orderStories(results.orders, output),
    ...overview(results.runs),
    ...matrixOf(results.runs, output),
  ];
  return [...sections, counts(results, output), ...practiceNotes(results), whereabouts(results)].join('\n');
}

/** What is told of some runs, in the order in which it is read: the least grave scrolls away first. */
const chapters: {
  title: string;
  style: Style;
  of: (run: RunRecord) => boolean;
  what: (run: RunRecord) => string[];
}[] = [
  {
    title: 'Deviates, as recorded',
    style: 'magenta',
    of: ({ outcome, unexpected }) => outcome === 'deviates' && !unexpected,
    what: (run) => [...reasons(run), ...recordedReasons(run), ...variations(run)],
  },
  {
    title: 'Varies from run to run, as recorded',
    style: 'yellow',
    of: (run) => run.outcome !== 'deviates' && !run.unexpected && variations(run).length > 0,
    what: variations,
  },
  {
    title: 'Beside the verdict: what the host says otherwise, or its stack took away',
    style: 'yellow',
    of: (run) =>
      ['conforms', 'permitted'].includes(run.outcome) && !run.unexpected && besides(run).length > 0,
    what: besides,
  },
  {
    title: 'Flaky: a retry came out as expected',
    style: 'yellow',
    of: ({ stability }) => stability === 'flaky',
    what: attemptsOf,
  },
  {
    title: 'Unstable: repetitions came out differently',
    style: 'yellow',
    of: ({ stability }) => stability === 'unstable',
    what: attemptsOf,
  },
  {
    title: 'Inconclusive',
    style: 'yellow',
    of: (run) => isInconclusive(run),
    what: reasons,
  },
  {
    title: 'Control that does not come out as it must',
    style: 'red',
    of: ({ kind, unexpected }) => kind === 'control' && unexpected,
    what: reasons,
  },
  {
    title: 'Differs from expectation or recorded practice',
    style: 'red',
    of: ({ kind, unexpected }) => kind !== 'control' && unexpected,
    what: reasons,
  },
  {
    title: 'A bug of miflab, not of the lab: please report it',
    style: 'red',
    of: isBug,
    what: reasons,
  },
];

const stories = (results: SuiteResults, output: Output): string[] => [
  ...unsupported(results.runs, output),
  ...chapters.flatMap(({ title, style, of, what }) => {
    const told = results.runs.filter(of).map((run) => story(run, what(run), results.folder, output));
    return told.length > 0 ? [`${paint(output, style, title)}\n${told.join('')}`] : [];
  }),
];

/** By what is missing: one thing may be missing for many. What a lab lacks its controls lack too. */
function unsupported(all: RunRecord[], output: Output): string[] {
  const labs = new Set(all.flatMap(({ kind, lab }) => (kind === 'control' ? [] : [lab])));
  const runs = all.filter(({ kind, lab }) => kind !== 'control' || !labs.has(lab));
  const byReason = new Map<string, string[]>();
  for (const run of runs.filter(({ outcome }) => outcome === 'unsupported')) {
    const reason = reasons(run).join('\n');
    byReason.set(reason, [...(byReason.get(reason) ?? []), run.id]);
  }
  const told = [...byReason].map(
    ([reason, ids]) => paragraph(reason, 2, output) + paragraph(ids.join(', '), 4, output),
  );
  return told.length > 0 ? [`${paint(output, 'dim', 'Unsupported here')}\n${told.join('')}`] : [];
}

function story(run: RunRecord, lines: string[], folder: string, output: Output): string {
  const { evidence } = decisive(run).result;
  const all = [
    run.title,
    ...lines,
    ...(needsAttention(run) && evidence ? [`evidence: ${join(folder, evidence)}`] : []),
  ];
  return [
    paragraph(`${run.id} (${run.source.join(', ')}, ${run.level})`, 2, output),
    ...all.map((line) => paragraph(line, 4, output)),
  ].join('');
}

/** Why each deviation is accepted: what nobody has explained is worth a look. */
const recordedReasons = (run: RunRecord): string[] => {
  const { result, practice } = decisive(run);
  const deviates = (probe: string) =>
    result.verdicts.some((verdict) => verdict.probe === probe && verdict.outcome === 'deviates');
  return practice
    .filter(({ probe, recorded }) => recorded !== undefined && deviates(probe))
    .map(({ probe, reason }) => `${probe}: ${reason ? `recorded: ${reason}` : 'recorded without a reason'}`);
};

function attemptsOf({ attempts }: RunRecord): string[] {
  const tally = new Map<string, number>();
  for (const { outcome, result } of attempts) {
    const what = [
      outcome,
      ...result.verdicts.flatMap(({ probe, seen }) => (seen ? [`${probe} ${seen}`] : [])),
    ].join(', ');
    tally.set(what, (tally.get(what) ?? 0) + 1);
  }
  return [...tally].map(([what, times]) => `${times} of ${attempts.length}: ${what}`);
}

function orderStories(orders: OrderFinding[], output: Output): string[] {
  const told = orders
    .filter(({ dependent }) => dependent)
    .map(
      ({ sentence, ...order }) => `  ${order.lab} on ${settingOf(order)}\n${paragraph(sentence, 4, output)}`,
    );
  return told.length > 0 ? [`${paint(output, 'yellow', 'Order-dependent')}\n${told.join('')}`] : [];
}

/** Practice of another kernel is worth comparing with, and worth saying so. */
const practiceNotes = ({ practice }: SuiteResults): string[] =>
  practice
    .filter(({ exact }) => !exact)
    .map(({ stack, release, file }) => `no practice of ${stack} on ${release}: compared with ${file}`);

function counts({ runs, duration: took, notRun, ended, kernels }: SuiteResults, output: Output): string {
  const controls = runs.filter(({ kind }) => kind === 'control');
  const labs = runs.filter(({ kind }) => kind !== 'control');
  const lines = [
    `${paint(output, 'bold', plural(new Set(labs.map(({ lab }) => lab)).size, 'lab'))}, ${plural(labs.length, 'run')}: ${tally(labs)}`,
    controls.length > 0 ? `${plural(controls.length, 'control')}: ${tally(controls)}` : '',
    attentionText(runs, output),
    notRun.length > 0
      ? `${notRun.length} not run: ${ended === 'interrupted' ? 'interrupted' : 'stopped by --bail'}`
      : '',
    ...kernels
      .filter(({ name }) => name !== HOST_KERNEL)
      .map(({ name, release, how }) => `kernel ${name}: Linux ${release}, ${how}`),
    `took ${duration(took)}${timers(runs)}${attempts(runs)}${virtualTime(runs)}`,
  ];
  return lines.filter(Boolean).join('\n');
}

/** A result always names its timers; where nothing was measured there are none. */
const timers = (runs: RunRecord[]): string =>
  runs.length > 0 ? ` with ${[...new Set(runs.map((run) => run.timers))].join(' and ')} timers` : '';

/** Repetitions and retries are measurements too. */
function attempts(runs: RunRecord[]): string {
  const made = runs.reduce((sum, run) => sum + run.attempts.length, 0);
  return made > runs.length ? `, ${made} measurements` : '';
}

/** How much of it passed in all measurements together. */
function virtualTime(runs: RunRecord[]): string {
  const passed = runs
    .flatMap((run) => run.attempts)
    .reduce((sum, { result }) => sum + (result.timing.virtual ?? 0), 0);
  return passed > 0 ? `, in which ${duration(passed)} of virtual time passed` : '';
}

/** What needs a look, in numbers. */
function attentionText(runs: RunRecord[], output: Output): string {
  const number = (style: Style, what: string, of: (run: RunRecord) => boolean): string[] => {
    const count = runs.filter(of).length;
    return count > 0 ? [paint(output, style, `${count} ${what}`)] : [];
  };
  const all = [
    ...number('red', 'of a bug of miflab', isBug),
    ...number('red', 'unexpected', ({ unexpected }) => unexpected),
    ...number('yellow', 'inconclusive', (run) => isInconclusive(run)),
    ...number('yellow', 'unstable', ({ stability }) => stability === 'unstable'),
    ...number('yellow', 'flaky', ({ stability }) => stability === 'flaky'),
  ];
  if (all.length > 0) return all.join(', ');
  return runs.length > 0 ? paint(output, 'green', 'nothing unexpected') : '';
}

const isInconclusive = (run: RunRecord): boolean =>
  run.outcome === 'inconclusive' && !run.unexpected && !isBug(run);

/** The outcomes of each topic beside each other, where there are several. */
function overview(runs: RunRecord[]): string[] {
  const topics = [...new Set(runs.map(({ topic }) => topic))];
  if (topics.length < 2) return [];
  const labs = runs.filter(({ kind }) => kind !== 'control');
  const controls = runs.filter(({ kind }) => kind === 'control');
  const seen = outcomes.toReversed().filter((outcome) => labs.some((run) => run.outcome === outcome));
  const heads = ['', ...seen, ...(controls.length > 0 ? ['controls hold'] : [])];
  const rows = topics.map((topic) => {
    const of = (some: RunRecord[]) => some.filter((run) => run.topic === topic);
    const measured = of(controls).filter(({ outcome }) => outcome !== 'unsupported');
    const held = measured.filter(({ outcome }) => outcome === 'conforms').length;
    const cells = seen.map((outcome) => of(labs).filter((run) => run.outcome === outcome).length || '·');
    return [topic, ...cells, ...(controls.length > 0 ? [`${held} of ${measured.length}`] : [])].map(String);
  });
  return [aligned([heads, ...rows])];
}

/** Columns as wide as their widest cell, all but the first to the right. */
function aligned(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  ');
  return rows.map((row) => `${line(row)}\n`).join('');
}

/** '10 conform, 2 permitted, 1 deviates', the best first. */
function tally(runs: RunRecord[]): string {
  const counted = outcomes.toReversed().flatMap((outcome) => {
    const ofOutcome = runs.filter((run) => run.outcome === outcome);
    return ofOutcome.length > 0 ? [`${ofOutcome.length} ${words(ofOutcome)}`] : [];
  });
  return counted.join(', ') || 'nothing measured';
}

/** One lab conforms, two conform; a control holds or fails. */
function words([first, ...more]: RunRecord[]): string {
  const ofControl: Partial<Record<Outcome, string>> = { conforms: 'holds', deviates: 'fails' };
  const word = (first!.kind === 'control' && ofControl[first!.outcome]) || first!.outcome;
  return more.length > 0 ? word.replace(/s$/, '') : word;
}

function whereabouts({ folder, runs }: SuiteResults): string {
  const again = runs.some((run) => needsAttention(run)) ? `again: ${miflab} run --last-failed` : '';
  const accept = runs.some(({ unexpected }) => unexpected)
    ? `to accept what was seen as practice: ${miflab} record LAB`
    : '';
  return `${[`evidence and results: ${folder}`, again, accept].filter(Boolean).join('\n')}\n`;
}
