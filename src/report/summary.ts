import { outcomes } from '../suite/outcome.ts';
import type { OrderFinding, RunRecord, SuiteResults } from '../suite/results.ts';
import { HOST_KERNEL, settingOf } from '../suite/setting.ts';
import type { Outcome } from '../verdict/verdict.ts';
import type { Output } from './reporter.ts';
import { decisive, duration, indent, isBug, paint, plural, reasons, type Style } from './text.ts';

/** What a person reads at the end: what needs a look, the gravest last, and below it the counts. */
export function summaryOf(results: SuiteResults, output: Output): string {
  const sections = [...stories(results, output), ...orderStories(results.orders, output)];
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
    title: 'Unsupported here',
    style: 'dim',
    of: ({ outcome }) => outcome === 'unsupported',
    what: reasons,
  },
  {
    title: 'Deviates, as recorded',
    style: 'magenta',
    of: ({ outcome, unexpected }) => outcome === 'deviates' && !unexpected,
    what: (run) => [...reasons(run), ...recordedReasons(run)],
  },
  {
    title: 'The host says otherwise than the wire',
    style: 'yellow',
    of: (run) => run.outcome === 'conforms' && !run.unexpected && reasons(run).length > 0,
    what: reasons,
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
    of: (run) => run.outcome === 'inconclusive' && !run.unexpected && !isBug(run),
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

const stories = ({ runs }: SuiteResults, output: Output): string[] =>
  chapters.flatMap(({ title, style, of, what }) => {
    const told = runs.filter(of).map((run) => story(run, what(run)));
    return told.length > 0 ? [`${paint(output, style, title)}\n${told.join('')}`] : [];
  });

const story = (run: RunRecord, lines: string[]): string =>
  [`  ${run.id} (${run.source.join(', ')}, ${run.level})`, ...lines.map((line) => indent(line, 4)), ''].join(
    '\n',
  );

/** Why each deviation is accepted: what nobody has explained is worth a look. */
const recordedReasons = (run: RunRecord): string[] => {
  const { result, practice } = decisive(run);
  const deviates = (probe: string) =>
    result.verdicts.some((verdict) => verdict.probe === probe && verdict.outcome === 'deviates');
  return practice
    .filter(({ probe, recorded }) => recorded !== undefined && deviates(probe))
    .map(
      ({ probe, reason }) =>
        `${probe}: ${reason ? `recorded because ${reason}` : 'recorded without a reason'}`,
    );
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
    .map(({ sentence, ...order }) => `  ${order.lab} on ${settingOf(order)}\n    ${sentence}\n`);
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
    unexpectedText(runs, output),
    notRun.length > 0
      ? `${notRun.length} not run: ${ended === 'interrupted' ? 'interrupted' : 'stopped by --bail'}`
      : '',
    ...kernels
      .filter(({ name }) => name !== HOST_KERNEL)
      .map(({ name, release, how }) => `kernel ${name}: Linux ${release}, ${how}`),
    `took ${duration(took)}`,
  ];
  return lines.filter(Boolean).join('\n');
}

function unexpectedText(runs: RunRecord[], output: Output): string {
  const unexpected = runs.filter((run) => run.unexpected).length;
  if (unexpected > 0) return paint(output, 'red', `${unexpected} unexpected`);
  return runs.length > 0 ? paint(output, 'green', 'nothing unexpected') : '';
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

const whereabouts = ({ folder, runs }: SuiteResults): string =>
  [
    `evidence and results: ${folder}`,
    runs.some(({ unexpected }) => unexpected)
      ? 'again: miflab run --last-failed; to accept what was seen as practice: miflab record\n'
      : '',
  ].join('\n');
