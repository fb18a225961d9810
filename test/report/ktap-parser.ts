/** A strict reader of KTAP version 1, by the kernel's Documentation/dev-tools/ktap.rst: what it does not allow throws. */

export interface KtapTest {
  result: 'ok' | 'not ok';
  description: string;
  directive?: string;
  /** What follows the directive. */
  about?: string;
  diagnostics: string[];
  subtests: KtapTest[];
}

const RESULT = /^(ok|not ok) ([1-9]\d*) ([^#\n]+?)(?: # (SKIP|XFAIL|TIMEOUT|ERROR)(?: ([^\n]+))?)?$/;

export const readKtap = (text: string): KtapTest[] => {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const lines = text.split('\n').slice(0, -1);
  const tests = readTests(lines, '');
  if (lines.length > 0) throw new Error(`after the end: ${lines[0]}`);
  return tests;
};

/** Takes the lines of one level. */
const readTests = (lines: string[], margin: string): KtapTest[] => {
  const next = () => {
    const line = lines.shift();
    if (!line?.startsWith(margin)) throw new Error(`expected a line of level ${margin.length / 2}: ${line}`);
    return line.slice(margin.length);
  };
  const version = next();
  if (version !== 'KTAP version 1') throw new Error(`no version line: ${version}`);
  const planned = /^1\.\.(\d+)$/.exec(next())?.[1];
  if (planned === undefined) throw new Error('no plan after the version line');
  const tests: KtapTest[] = [];
  let diagnostics: string[] = [];
  let subtests: KtapTest[] = [];
  while (lines[0]?.startsWith(margin) && tests.length < Number(planned)) {
    if (lines[0].startsWith(`${margin}  `)) {
      subtests = readTests(lines, `${margin}  `);
      continue;
    }
    const line = next();
    if (line.startsWith('#')) {
      diagnostics.push(line.slice(1).trim());
      continue;
    }
    const [, result, number, description, directive, about] = RESULT.exec(line) ?? [];
    if (!result) throw new Error(`no line of KTAP: ${line}`);
    if (Number(number) !== tests.length + 1) throw new Error(`out of order: ${line}`);
    if (/TIMEOUT|ERROR/.test(directive ?? '') && result === 'ok') throw new Error(`must be not ok: ${line}`);
    if (result === 'ok' && subtests.some((one) => one.result === 'not ok'))
      throw new Error(`a subtest failed: ${line}`);
    tests.push({
      result: result as KtapTest['result'],
      description: description!,
      directive,
      about,
      diagnostics,
      subtests,
    });
    diagnostics = [];
    subtests = [];
  }
  if (tests.length !== Number(planned)) throw new Error(`${planned} planned, ${tests.length} told of`);
  return tests;
};
