import type { RunRecord } from '../suite/results.ts';
import type { MakeReporter } from './reporter.ts';
import { headline, reasons } from './text.ts';

/** KTAP version 1, as kselftest reads it: a test point per run, what was seen as diagnostics before it. */
export const ktap: MakeReporter = (output) => {
  let number = 0;
  return {
    onStart: ({ runs }) => output.write(`KTAP version 1\n1..${runs.length}\n`),
    onResult: (run) => output.write(testPoint(run, ++number)),
    onEnd: ({ ended, notRun }) => {
      if (notRun.length > 0) output.write(`Bail out! ${ended}, ${notRun.length} not run\n`);
    },
  };
};

const testPoint = (run: RunRecord, number: number): string =>
  [
    ...reasons(run).flatMap((reason) => reason.split('\n').map((line) => `# ${line}`)),
    `${isOk(run) ? 'ok' : 'not ok'} ${number} ${run.id.replaceAll('#', '')}${directive(run)}`,
    '',
  ].join('\n');

const isOk = ({ unexpected, outcome }: RunRecord): boolean =>
  !unexpected && outcome !== 'inconclusive' && outcome !== 'deviates';

/** KTAP knows SKIP, XFAIL, TIMEOUT and ERROR; a deviation that is recorded was expected. */
function directive(run: RunRecord): string {
  if (run.unexpected) return '';
  if (run.outcome === 'unsupported') return ' # SKIP';
  if (run.outcome === 'deviates') return ' # XFAIL recorded deviation';
  return run.outcome === 'inconclusive' ? ` # ERROR ${headline(run)}` : '';
}
