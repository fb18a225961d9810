/** From --reporter to reporters that write where they should. */
import { fileOutput } from '../report/output.ts';
import type { Output, Reporter } from '../report/reporter.ts';
import { reporters, together } from '../report/reporters.ts';
import { UsageError, written } from './usage-error.ts';
import type { ReporterChoice } from './values.ts';

/** Formats that a program reads: nothing else may stand beside them on standard output. */
const forPrograms = ['tap', 'ktap', 'junit', 'json'];

/**
 * What goes to files leaves standard output to the default: progress, and annotations on a GitHub runner.
 *
 * @throws UsageError where two would mix on standard output, or a file cannot be written
 */
export function openReporters(
  choices: ReporterChoice[],
  standard: Output,
  environment: NodeJS.ProcessEnv = process.env,
): Reporter {
  const onScreen = choices.filter(({ file }) => file === undefined);
  if (onScreen.length > 1 && onScreen.some(({ name }) => forPrograms.includes(name))) {
    const { name } = onScreen.find(({ name }) => forPrograms.includes(name))!;
    throw new UsageError(
      `two reporters would mix on standard output: give one a file, as in --reporter ${name}:FILE`,
    );
  }
  const defaults = environment.GITHUB_ACTIONS ? ['plain', 'github'] : ['progress'];
  const all =
    onScreen.length > 0 ? choices : [...defaults.map((name): ReporterChoice => ({ name })), ...choices];
  return together(all.map(({ name, file }) => reporters[name]!(file === undefined ? standard : open(file))));
}

const open = (file: string): Output => written(file, '', () => fileOutput(file));
