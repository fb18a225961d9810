import type { RunRecord } from '../suite/results.ts';
import type { Outcome, Verdict } from '../verdict/verdict.ts';
import type { MakeReporter } from './reporter.ts';
import { decisive, headline, indent, reasons } from './text.ts';

/**
 * KTAP version 1, as the kernel's Documentation/dev-tools/ktap.rst has it: a test per run, a subtest per probe where
 * there are several, and what was seen as diagnostics before the result.
 */
export const ktap: MakeReporter = (output) => {
  let number = 0;
  return {
    onStart: ({ runs }) => output.write(`${head(runs.length)}\n`),
    onResult: (run) => output.write(test(run, ++number)),
    // KTAP has no word for it: what the plan names and nothing tells of was not run.
    onEnd: ({ ended, notRun }) => {
      if (notRun.length > 0) output.write(`# ${ended}: ${notRun.length} not run\n`);
    },
  };
};

const head = (tests: number): string => `KTAP version 1\n1..${tests}`;

const test = (run: RunRecord, number: number): string =>
  [
    ...subtests(run).map((line) => indent(line, 2)),
    ...reasons(run).flatMap((reason) => reason.split('\n').map((line) => `# ${line}`.trimEnd())),
    resultLine(number, run.id, resultOf(run)),
    '',
  ].join('\n');

function subtests(run: RunRecord): string[] {
  const { result, practice } = decisive(run);
  const { verdicts, failure } = result;
  if (failure || verdicts.length < 2) return [];
  const stateOf = (probe: string) => practice.find((finding) => finding.probe === probe)?.state;
  return [
    head(verdicts.length),
    ...verdicts.map((verdict, index) =>
      resultLine(index + 1, verdict.probe || 'control', verdictResult(verdict, stateOf(verdict.probe))),
    ),
  ];
}

interface Result {
  ok: boolean;
  /** SKIP, XFAIL or ERROR, with what it is about. */
  directive?: string;
}

/** kselftest counts XFAIL as a test that is ok, because it came out as it is known to. */
const results: Record<Exclude<Outcome, 'deviates'>, (about: string) => Result> = {
  conforms: () => ({ ok: true }),
  permitted: () => ({ ok: true }),
  unsupported: (about) => ({ ok: true, directive: `SKIP ${about}` }),
  inconclusive: (about) => ({ ok: false, directive: `ERROR ${about}` }),
};

const RECORDED: Result = { ok: true, directive: 'XFAIL recorded deviation' };

function resultOf(run: RunRecord): Result {
  if (run.unexpected) return { ok: false };
  if (run.outcome === 'deviates') return RECORDED;
  return results[run.outcome](run.outcome === 'unsupported' ? reasons(run).join('; ') : headline(run));
}

function verdictResult({ outcome, reason }: Verdict, state: string | undefined): Result {
  if (state === 'changed') return { ok: false };
  if (outcome === 'deviates') return state === 'as recorded' ? RECORDED : { ok: false };
  return results[outcome](reason ?? outcome);
}

/** A description has no '#', which begins the directive, and no line break. */
const resultLine = (number: number, description: string, { ok, directive }: Result): string =>
  `${ok ? 'ok' : 'not ok'} ${number} ${inOneLine(description)}${directive ? ` # ${inOneLine(directive)}` : ''}`;

const inOneLine = (text: string): string => text.replaceAll('#', '').replaceAll(/\s+/g, ' ').trim();
