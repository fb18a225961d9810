import type { MakeReporter } from './reporter.ts';

/** The results as they are kept in results.json; docs/results.md says what each member means. */
export const json: MakeReporter = (output) => ({
  onEnd: (results) => output.write(`${JSON.stringify(results, null, 2)}\n`),
});
