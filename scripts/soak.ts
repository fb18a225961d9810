// The labs, several times, while every processor is kept busy: `make soak`. Verdicts and decisions must be the same
// every time, and in virtual time everything that was seen; what differs is said, and the exit code is 1. SOAK_TIMES
// says how often, 10 if it does not; its arguments are the labs. With SOAK_STACKS they are run over these stacks,
// without their controls.

import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { PracticeFinding, RunRecord, SuiteResults } from '../src/suite/results.ts';
import { stableDecision, wordsOf } from '../src/verdict/stable.ts';
import { keepBusy } from './keep-busy.ts';

const times = Number(process.env.SOAK_TIMES ?? 10);
const labs = process.argv.length > 2 ? process.argv.slice(2) : ['labs'];
const stacks = process.env.SOAK_STACKS;
const folder = mkdtempSync(join(tmpdir(), 'miflab-soak-'));

/**
 * What must be the same every time, of every run of the suite: its outcome, the decisions as practice has them, and in
 * virtual time the whole timeline.
 */
const saidOf = ({ runs }: SuiteResults, output: string): Map<string, string> =>
  new Map(
    runs.map((run) => [run.id, [run.outcome, ...decidedIn(run), ...timelineOf(run, output)].join('; ')]),
  );

const timelineOf = ({ timers, attempts, decisive }: RunRecord, output: string): string[] => {
  const { evidence } = attempts[decisive]!.result;
  if (timers !== 'virtual' || evidence === undefined) return [];
  const timeline = readFileSync(join(output, 'last', evidence, 'timeline.jsonl'));
  return [`timeline ${createHash('sha256').update(timeline).digest('hex').slice(0, 16)}`];
};

const decidedIn = ({ attempts, decisive }: RunRecord): string[] => {
  const { result, practice } = attempts[decisive]!;
  const varies = (probe: string) =>
    practice.some((finding) => finding.probe === probe && isKnownToVary(finding));
  return result.verdicts.map(({ probe, outcome, decision }) => {
    if (varies(probe)) return `${probe} varies, as recorded`;
    return `${probe} ${outcome}: ${decision ? wordsOf(stableDecision(decision)) : 'no decision'}`;
  });
};

const isKnownToVary = ({ state, varies }: PracticeFinding): boolean =>
  varies !== undefined && state === 'as recorded';

const runOnce = async (output: string): Promise<Map<string, string>> => {
  const arguments_ = [
    'dist/miflab.js',
    'run',
    ...labs,
    ...(stacks ? ['--stack', stacks] : ['--controls']),
    '--output',
    output,
    '--reporter',
    'plain',
  ];
  await execa(process.execPath, arguments_, { reject: false, buffer: false, stdout: 'ignore' });
  return saidOf(JSON.parse(readFileSync(join(output, 'last/results.json'), 'utf8')), output);
};

const rest = keepBusy();
const seen = new Map<string, Map<string, number[]>>();
try {
  for (let time = 1; time <= times; time++) {
    const began = performance.now();
    const said = await runOnce(join(folder, String(time)));
    for (const [id, words] of said) {
      const known = seen.get(id) ?? new Map<string, number[]>();
      seen.set(id, known.set(words, [...(known.get(words) ?? []), time]));
    }
    const differing = [...seen.values()].filter(({ size }) => size > 1).length;
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(`${time} of ${times}: ${said.size} runs in ${seconds} s, so far ${differing} that differ`);
  }
} finally {
  rest();
}

const different = [...seen].filter(([, said]) => said.size > 1);
for (const [id, said] of different) {
  console.log(`\n${id}`);
  for (const [words, when] of said) console.log(`  in ${when.join(', ')}: ${words}`);
}
console.log(`\n${seen.size} runs, ${times} times: ${different.length} came out differently`);
if (different.length === 0) rmSync(folder, { recursive: true });
else console.log(`evidence: ${folder}`);
process.exitCode = different.length === 0 ? 0 : 1;
