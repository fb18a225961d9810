import type { Position, RunRecord } from '../suite/results.ts';
import type { MakeReporter } from './reporter.ts';
import { decisive, headline, reasons, remarkable } from './text.ts';

type Level = 'error' | 'warning' | 'notice';

/** GitHub annotations, at the line of the lab where the expectation stands. */
export const github: MakeReporter = (output) => ({
  onResult: (run) => {
    const level = levelOf(run);
    if (level) output.write(annotation(level, run));
  },
});

function levelOf({ unexpected, outcome, stability }: RunRecord): Level | undefined {
  if (unexpected) return 'error';
  if (outcome === 'inconclusive' || stability !== 'stable') return 'warning';
  return outcome === 'deviates' || outcome === 'unsupported' ? 'notice' : undefined;
}

function annotation(level: Level, run: RunRecord): string {
  const { line, column } = positionOf(run);
  const title = `${headline(run)}: ${run.id}`;
  const place = `file=${property(run.file)},line=${line},col=${column},title=${property(title)}`;
  return `::${level} ${place}::${data([run.title, ...reasons(run)].join('\n'))}\n`;
}

function positionOf(run: RunRecord): Position {
  const probes = [...remarkable(run), ...decisive(run).result.verdicts].map(({ probe }) => probe);
  const probe = [...probes, ''].find((probe) => run.positions[probe]);
  return run.positions[probe ?? ''] ?? { line: 1, column: 1 };
}

/** The runner reads a message to the end of its line, and a property to the next comma. */
const data = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
