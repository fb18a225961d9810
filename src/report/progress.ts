import type { RunInfo, RunRecord } from '../suite/results.ts';
import { plain, runLines } from './plain.ts';
import type { MakeReporter, Output } from './reporter.ts';
import { summaryOf } from './summary.ts';
import { duration, paint, reasons, truncate } from './text.ts';

const refreshMs = 100;
const eraseBelow = '\x1b[J';
const up = (lines: number): string => (lines > 0 ? `\x1b[${lines}A\r` : '\r');

interface Running {
  run: RunInfo;
  since: number;
  activity: string;
}

/** Live on a terminal: finished runs scroll by, and below them stands what runs now and what it waits for. */
export const progress: MakeReporter = (output) => (output.interactive ? live(output) : plain(output));

const live: MakeReporter = (output) => {
  const running = new Map<string, Running[]>();
  let total = 0;
  let finished = 0;
  let drawn = 0;
  let refresh: NodeJS.Timeout | undefined;

  function draw(above = ''): void {
    const lines = refresh ? liveLines([...running.values()].flat(), { finished, total }, output) : [];
    output.write(`${up(drawn)}${eraseBelow}${above}${lines.map((line) => `${line}\n`).join('')}`);
    drawn = lines.length;
  }

  return {
    onStart: ({ runs }) => {
      total = runs.length;
      refresh = setInterval(draw, refreshMs);
      refresh.unref();
    },
    onEvent: (event) => {
      const { id } = event.run;
      const same = running.get(id) ?? [];
      if (event.kind === 'begin') {
        running.set(id, [...same, { run: event.run, since: performance.now(), activity: 'building' }]);
      } else if (event.kind === 'end') {
        running.set(id, same.slice(1));
      } else {
        running.set(
          id,
          same.map((one) => ({ ...one, activity: event.activity })),
        );
      }
    },
    onResult: (run) => {
      finished++;
      draw(isWorthALine(run) ? runLines(run, output) : '');
    },
    onEnd: (results) => {
      clearInterval(refresh);
      refresh = undefined;
      draw(`\n${summaryOf(results, output)}`);
    },
  };
};

/** A control that holds is one of the count. */
const isWorthALine = (run: RunRecord): boolean =>
  run.kind !== 'control' ||
  run.outcome !== 'conforms' ||
  reasons(run).length > 0 ||
  run.stability !== 'stable';

/** As many of the running labs as the terminal has room for, the longest running first, and the count. */
function liveLines(
  running: Running[],
  { finished, total }: { finished: number; total: number },
  output: Output,
): string[] {
  const { columns, rows } = output.size();
  const room = Math.max(1, Math.min(12, rows - 3));
  const now = performance.now();
  const lines = running.slice(0, room).map(({ run, since, activity }) => {
    const line = truncate(`  ${duration(now - since).padStart(7)}  ${run.id}: ${activity}`, columns - 1);
    return paint(output, 'dim', line);
  });
  const more = running.length > room ? `, ${running.length - room} more` : '';
  return [
    ...lines,
    truncate(`${finished} of ${total} finished, ${running.length} running${more}`, columns - 1),
  ];
}
