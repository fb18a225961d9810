import type { RunRecord } from '../suite/results.ts';
import type { MakeReporter, Output } from './reporter.ts';
import { summaryOf } from './summary.ts';
import { decisive, headline, isBug, paint, paragraph, plural, reasons, type Style, timeOf } from './text.ts';

/** A line per finished run, and the summary: for logs, and for terminals that cannot draw. */
export const plain: MakeReporter = (output) => ({
  onStart: ({ runs, workers }) =>
    output.write(`${plural(runs.length, 'run')}, ${Math.min(workers, runs.length)} at once\n`),
  onResult: (run) => output.write(runLines(run, output)),
  onEnd: (results) => output.write(`\n${summaryOf(results, output)}`),
});

/** '✓ default-router/preference  conforms  840 ms', and below it what a person must know. */
export function runLines(run: RunRecord, output: Output): string {
  const { symbol, style } = look(run);
  const time = timeOf(decisive(run));
  const head = `${paint(output, style, `${symbol} ${headline(run)}`)}  ${run.id}  ${paint(output, 'dim', time)}\n`;
  return (
    head +
    reasons(run)
      .map((reason) => paragraph(reason, 4, output))
      .join('')
  );
}

function look(run: RunRecord): { symbol: string; style: Style } {
  const { outcome, unexpected } = run;
  if (isBug(run)) return { symbol: '!', style: 'red' };
  if (unexpected) return { symbol: '✗', style: 'red' };
  if (outcome === 'inconclusive') return { symbol: '?', style: 'yellow' };
  if (outcome === 'unsupported') return { symbol: '-', style: 'dim' };
  if (outcome === 'deviates') return { symbol: '≠', style: 'magenta' };
  if (outcome === 'permitted') return { symbol: '○', style: 'cyan' };
  return { symbol: '✓', style: 'green' };
}
