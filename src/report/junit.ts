import type { RunRecord, SuiteResults } from '../suite/results.ts';
import type { MakeReporter } from './reporter.ts';
import { decisive, headline, printable, reasons } from './text.ts';

/**
 * JUnit XML as CI servers read it: a test suite per topic, a test case per run. A recorded deviation is
 * skipped, as pytest writes its expected failures; earlier attempts of a flaky run are flakyFailure.
 */
export const junit: MakeReporter = (output) => ({ onEnd: (results) => output.write(document(results)) });

function document({ runs, duration, started }: SuiteResults): string {
  const topics = [...new Set(runs.map(({ topic }) => topic))];
  const suites = topics.map((topic) =>
    testSuite(
      topic,
      runs.filter((run) => run.topic === topic),
      started,
    ),
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    element('testsuites', { name: 'miflab', ...totals(runs), time: seconds(duration) }, suites),
    '',
  ].join('\n');
}

function testSuite(topic: string, runs: RunRecord[], timestamp: string): string {
  const time = runs.reduce((sum, run) => sum + decisive(run).result.timing.total, 0);
  return element(
    'testsuite',
    { name: topic, ...totals(runs), time: seconds(time), timestamp },
    runs.map(testCase),
  );
}

function testCase(run: RunRecord): string {
  const { result } = decisive(run);
  const attributes = { name: run.id, classname: run.lab, file: run.file, time: seconds(result.timing.total) };
  return element('testcase', attributes, [properties(run), ...resultElements(run), ...flakyElements(run)]);
}

function properties(run: RunRecord): string {
  const { source, level, title, stack, timers } = run;
  const known = {
    title,
    source: source.join(', '),
    level,
    stack,
    timers,
    evidence: decisive(run).result.evidence,
  };
  const each = Object.entries(known).flatMap(([name, value]) =>
    value ? [element('property', { name, value })] : [],
  );
  return element('properties', {}, each);
}

function resultElements(run: RunRecord): string[] {
  const kind = kindOf(run);
  if (!kind) return [];
  const message = reasons(run)[0] ?? headline(run);
  return [element(kind, { message, type: headline(run) }, [escapeXml(reasons(run).join('\n'))])];
}

function flakyElements({ stability, attempts }: RunRecord): string[] {
  if (stability !== 'flaky') return [];
  const earlier = attempts.slice(0, -1);
  return earlier.map(({ result, outcome }) =>
    element('flakyFailure', { message: result.verdicts[0]?.reason ?? outcome, type: outcome }),
  );
}

type Kind = 'failure' | 'error' | 'skipped';

function kindOf({ unexpected, outcome }: RunRecord): Kind | undefined {
  if (unexpected) return 'failure';
  if (outcome === 'inconclusive') return 'error';
  return outcome === 'deviates' || outcome === 'unsupported' ? 'skipped' : undefined;
}

function totals(runs: RunRecord[]) {
  const count = (kind: Kind) => runs.filter((run) => kindOf(run) === kind).length;
  return {
    tests: runs.length,
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
  };
}

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(3);

function element(name: string, attributes: Record<string, string | number>, children: string[] = []): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`);
  const open = `<${name}${written.join('')}`;
  return children.length > 0 ? `${open}>\n${children.join('\n')}\n</${name}>` : `${open}/>`;
}

const escapeXml = (text: string): string =>
  printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
