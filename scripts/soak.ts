// The labs, several times, while every processor is kept busy: `make soak`. Verdicts and decisions must be the same
// every time; what differs is said, and the exit code is 1. SOAK_TIMES says how often, 10 if it does not.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { RunRecord, SuiteResults } from '../src/suite/results.ts';
import { stableDecision, wordsOf } from '../src/verdict/stable.ts';

const times = Number(process.env.SOAK_TIMES ?? 10);
const folder = mkdtempSync(join(tmpdir(), 'miflab-soak-'));

/** Until it is ended, or its parent is. */
const keepBusy = (): ChildProcess =>
  spawn(process.execPath, ['-e', 'const parent = process.ppid; while (process.ppid === parent);'], {
    stdio: 'ignore',
  });

/** What must be the same every time, of every run of the suite: its outcome, and the decisions as practice has them. */
const saidOf = ({ runs }: SuiteResults): Map<string, string> =>
  new Map(runs.map((run) => [run.id, [run.outcome, ...decidedIn(run)].join('; ')]));

const decidedIn = ({ attempts, decisive }: RunRecord): string[] =>
  attempts[decisive]!.result.verdicts.map(
    ({ probe, outcome, decision }) =>
      `${probe} ${outcome}: ${decision ? wordsOf(stableDecision(decision)) : 'no decision'}`,
  );

const runOnce = async (output: string): Promise<Map<string, string>> => {
  const arguments_ = [
    'dist/miflab.js',
    'run',
    'labs',
    '--controls',
    '--output',
    output,
    '--reporter',
    'plain',
  ];
  await execa(process.execPath, arguments_, { reject: false, buffer: false, stdout: 'ignore' });
  return saidOf(JSON.parse(readFileSync(join(output, 'last/results.json'), 'utf8')));
};

const busy = Array.from({ length: availableParallelism() }, keepBusy);
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
  for (const child of busy) child.kill();
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
