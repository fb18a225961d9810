import { stringify } from 'yaml';
import type { RunRecord } from '../suite/results.ts';
import type { MakeReporter } from './reporter.ts';
import { decisive, headline, indent, reasons } from './text.ts';

/**
 * TAP version 13, flat, a test point per run with what was seen as YAML. A recorded deviation is a TODO: not
 * ok, and yet no failure. What is unsupported is a SKIP.
 */
export const tap: MakeReporter = (output) => {
  let number = 0;
  return {
    onStart: ({ runs }) => output.write(`TAP version 13\n1..${runs.length}\n`),
    onResult: (run) => output.write(testPoint(run, ++number)),
    onEnd: ({ ended, notRun }) => {
      if (notRun.length > 0) output.write(`Bail out! ${ended}, ${notRun.length} not run\n`);
    },
  };
};

function testPoint(run: RunRecord, number: number): string {
  const point = `${isOk(run) ? 'ok' : 'not ok'} ${number} - ${escapeHash(run.id)}${directive(run)}\n`;
  return `${point}${indent(`---\n${stringify(diagnostics(run), { lineWidth: 0, blockQuote: 'literal' })}...\n`, 2)}`;
}

const isOk = ({ unexpected, outcome }: RunRecord): boolean =>
  !unexpected && outcome !== 'inconclusive' && outcome !== 'deviates';

function directive(run: RunRecord): string {
  if (run.unexpected) return '';
  if (run.outcome === 'unsupported') return ` # SKIP ${oneLine(run)}`;
  if (run.outcome === 'deviates') return ` # TODO recorded deviation: ${oneLine(run)}`;
  return '';
}

const oneLine = (run: RunRecord): string => escapeHash(reasons(run).join('; ').replaceAll(/\s+/g, ' '));

const escapeHash = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('#', '\\#');

/** In the YAML that prove reads too: no list of quoted texts, no text of several lines but a literal block. */
function diagnostics(run: RunRecord) {
  const { result } = decisive(run);
  return {
    outcome: headline(run),
    title: run.title,
    source: run.source.join(', '),
    level: run.level,
    at: `${run.file}:${run.positions['']?.line ?? 1}`,
    timers: run.timers,
    duration_ms: Math.round(result.timing.total),
    evidence: result.evidence,
    attempts: run.attempts.map(({ outcome }) => outcome).join(', '),
    reasons: literal(reasons(run)),
    verdicts: result.verdicts.map(({ probe, outcome, expected, seen }) => ({
      probe,
      outcome,
      expected,
      seen,
    })),
  };
}

function literal(texts: string[]): string | undefined {
  const lines = texts.flatMap((text) => text.split('\n')).filter((line) => line.trim() !== '');
  return lines.length > 0 ? `${lines.join('\n')}\n` : undefined;
}
