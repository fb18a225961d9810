/** Results with one of everything, and an output that remembers. */
import type { Output, Reporter } from '../../src/report/reporter.ts';
import type { SuiteResults } from '../../src/suite/results.ts';
import { runSuite } from '../../src/suite/run-suite.ts';
import { fakeLaboratory, makeFakeRun, type Scripted, suiteOptions } from '../suite/fakes.ts';

export function memory(more: Partial<Output> = {}): Output & { text: string } {
  const output = {
    text: '',
    write: (text: string) => {
      output.text += text;
    },
    color: false,
    interactive: false,
    size: () => ({ columns: Number.POSITIVE_INFINITY, rows: 24 }),
    ...more,
  };
  return output;
}

export const oneOfEverything: Record<string, Scripted[]> = {
  'dns/conforms': ['conforms'],
  'dns/permitted': ['permitted'],
  'dns/recorded': ['deviates recorded'],
  'egress/unsupported': [{ kind: 'machine', message: 'the kernel has no netem', remedy: '' }],
  'egress/inconclusive': ['inconclusive'],
  'egress/died': [
    {
      kind: 'daemon',
      message: 'radvd ended by itself',
      daemon: 'r.ra',
      lastOutput: ['<bad> & \u0007bell #1\nand more'],
    },
  ],
  'order/flaky': ['inconclusive', 'conforms'],
  'order/deviates': ['deviates'],
  'order/changed': ['changed'],
};

/** The results of this script, told to a reporter while they come about. */
export const resultsOf = (
  scripts: Record<string, Scripted[]>,
  reporter: Reporter = {},
  options = {},
): Promise<SuiteResults> =>
  runSuite(
    Object.keys(scripts).map((lab) => makeFakeRun(lab)),
    suiteOptions({ retries: 1, workers: 1, ...options }),
    fakeLaboratory(scripts),
    reporter,
  );
