import { join } from 'node:path';
import { execa } from 'execa';
import type { Timers } from '../plan/plan.ts';
import { decidedIn } from '../suite/decided.ts';
import { ExitCode } from '../suite/exit-code.ts';
import { bisectTree, CannotBisect } from '../suite/git-bisect.ts';
import { halve, type Tested } from '../suite/halve.ts';
import { KernelUnavailable } from '../suite/kernel.ts';
import { compareVersions, isOfVersion } from '../suite/kernel-versions.ts';
import type { RunRecord } from '../suite/results.ts';
import { oneLabFile } from './load-labs.ts';
import type { Parts } from './parts.ts';
import { runLabs } from './run.ts';
import { UsageError } from './usage-error.ts';

export interface BisectOptions {
  /** A kernel, its version, or in a tree a revision. */
  good: string;
  bad: string;
  /** Those to step through; undefined: every one that is there. */
  kernel?: string[];
  modules?: string;
  tree?: string;
  build?: string;
  image?: string;
  timers: Timers;
  stack?: string[];
  output: string;
}

/** What a lab decided on a kernel, in words; undefined where it came to no decision, which was said. */
type Decide = (kernel: string) => Promise<string | undefined>;

/** Finds between a good and a bad kernel the first that decides otherwise than the good one. */
export async function bisect(word: string, options: BisectOptions, given?: Parts): Promise<ExitCode> {
  const parts = given ?? (await import('./laboratory.ts')).parts;
  if (options.tree === undefined && (options.build ?? options.image) !== undefined)
    throw new UsageError('--build and --image are about kernels of a tree: --tree FOLDER');
  if ((options.build === undefined) !== (options.image === undefined))
    throw new UsageError('--build makes a kernel and --image names its file: both or none');
  const lab = oneLabFile(word);
  const decide: Decide = (kernel) => decideOn(lab, kernel, options, parts);
  try {
    await (options.tree === undefined
      ? amongKernels(options, decide, parts)
      : inTree(options.tree, options, decide, parts));
    return ExitCode.ok;
  } catch (error) {
    if (error instanceof Interrupted) return ExitCode.interrupted;
    if (error instanceof CannotBisect) throw new UsageError(error.message);
    if (!(error instanceof NothingToFind)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return ExitCode.inconclusive;
  }
}

class Interrupted extends Error {}
/** The good and the bad kernel do not differ, or one of them cannot be tested. */
class NothingToFind extends Error {}

async function decideOn(
  lab: string,
  kernel: string,
  { timers, stack, modules, output }: BisectOptions,
  parts: Parts,
): Promise<string | undefined> {
  let runs: RunRecord[] = [];
  try {
    const options = { kernel: [kernel], modules, timers, stack, output, retries: 1, listener: {} };
    const results = await runLabs([lab], options, parts);
    if (typeof results === 'number') return undefined;
    if (results.exitCode === ExitCode.interrupted) throw new Interrupted();
    ({ runs } = results);
  } catch (error) {
    if (!(error instanceof KernelUnavailable)) throw error;
    process.stderr.write(`${error.message}\n`);
  }
  const ways = runs.map((run) => {
    const decided = decidedIn(run);
    if (decided === undefined) process.stderr.write(`${run.id}: ${run.outcome}: ${whyUndecided(run)}\n`);
    return decided && `${run.outcome}: ${decided}`;
  });
  return ways.length === 0 || ways.includes(undefined) ? undefined : ways.join('; ');
}

const whyUndecided = ({ attempts, decisive }: RunRecord): string => {
  const { failure, verdicts } = attempts[decisive]!.result;
  return failure?.message ?? verdicts.map(({ probe, reason }) => `${probe}: ${reason}`).join('; ');
};

/** Tells each step, and what the kernels are compared with: the decision of the good one. */
function comparison(decide: Decide) {
  let wanted: string | undefined;
  const say = (name: string, tested: string, way?: string) =>
    process.stdout.write(`${name}: ${tested}${way === undefined ? '' : ` (${way})`}\n`);
  return {
    say,
    /** `known`: the good kernel, which comes first, or the bad one. @throws NothingToFind */
    test: async (name: string, kernel: string, known?: 'good' | 'bad'): Promise<Tested> => {
      const way = await decide(kernel);
      if (known === 'good') wanted = way;
      const tested = way === undefined ? 'untested' : way === wanted ? 'good' : 'bad';
      say(name, tested === 'untested' ? 'cannot be tested' : tested, way);
      if (known === undefined || known === tested) return tested;
      throw new NothingToFind(
        tested === 'untested'
          ? `${name} cannot be tested, and it is what the others are compared with`
          : `${name} decides as the good kernel does: there is no change between them`,
      );
    },
  };
}

async function amongKernels(options: BisectOptions, decide: Decide, parts: Parts): Promise<void> {
  const kernels = await candidates(options, parts);
  const { test } = comparison(decide);
  const titles = kernels.map(({ name, version }) => `${version} ${name}`);
  const last = kernels.length - 1;
  await test(titles[0]!, kernels[0]!.name, 'good');
  await test(titles[last]!, kernels[last]!.name, 'bad');
  const { lastGood, firstBad } = await halve(kernels.length, (index) =>
    test(titles[index]!, kernels[index]!.name),
  );
  const between = titles.slice(lastGood + 1, firstBad);
  process.stdout.write(
    `\nit changed between ${titles[lastGood]} and ${titles[firstBad]}${
      between.length > 0 ? `; could not be tested: ${between.join(', ')}` : ''
    }\n`,
  );
}

interface Candidate {
  name: string;
  version: string;
}

/** In the order of their versions, from the good one to the bad one. @throws UsageError, KernelUnavailable */
async function candidates({ good, bad, kernel }: BisectOptions, parts: Parts): Promise<Candidate[]> {
  const named = async (name: string): Promise<Candidate> => ({
    name,
    version: await parts.kernelVersion(name),
  });
  const all = await Promise.all((kernel ?? parts.kernelsThere()).map(named));
  const inOrder = all.toSorted((a, b) => compareVersions(a.version, b.version));
  // What a short version leaves open is closed so that little is left in between.
  const first = inOrder.findLast(({ name, version }) => name === good || isOfVersion(version, good));
  const last = inOrder.find(({ name, version }) => name === bad || isOfVersion(version, bad));
  const [from, to] = [first ?? (await named(good)), last ?? (await named(bad))];
  if (compareVersions(from.version, to.version) >= 0)
    throw new UsageError(
      `the good kernel, ${from.name} (${from.version}), must be older than the bad one, ${to.name} (${to.version})`,
    );
  const between = inOrder.filter(
    ({ version }) => compareVersions(version, from.version) > 0 && compareVersions(version, to.version) < 0,
  );
  return [from, ...between, to];
}

async function inTree(
  tree: string,
  { good, bad, build, image }: BisectOptions,
  decide: Decide,
  parts: Parts,
): Promise<void> {
  const { test, say } = comparison(decide);
  const commits = await bisectTree({
    tree,
    good,
    bad,
    test: async (commit, known) => {
      const kernel =
        build === undefined
          ? await builtByMiflab(tree, parts)
          : await builtBy(build, tree, join(tree, image!));
      if (kernel !== undefined) return test(commit, kernel, known);
      if (known) throw new NothingToFind(`${commit} does not build, and it is the ${known} one`);
      say(commit, 'cannot be built');
      return 'untested';
    },
  });
  process.stdout.write(
    commits.length === 1
      ? `\nthe first bad commit: ${commits[0]}\n`
      : `\nthe first bad commit is one of these, of which all but the last cannot be tested:\n${commits.join('\n')}\n`,
  );
}

/** The user's own command, in a shell in the tree; what it says goes to standard error. */
async function builtBy(command: string, tree: string, image: string): Promise<string | undefined> {
  const { exitCode } = await execa('/bin/sh', ['-c', command], {
    cwd: tree,
    reject: false,
    stdin: 'ignore',
    stdout: 2,
    stderr: 'inherit',
  });
  return exitCode === 0 ? image : undefined;
}

async function builtByMiflab(tree: string, parts: Parts): Promise<string | undefined> {
  try {
    return await parts.buildKernel(tree);
  } catch (error) {
    if (!(error instanceof KernelUnavailable)) throw error;
    process.stderr.write(`${error.message}\n`);
    return undefined;
  }
}
