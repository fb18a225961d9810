/** git bisect, driven: the commits of a tree are checked out in it one after the other, and all is as before at the end. */
import { execa } from 'execa';
import type { Tested } from './halve.ts';

export interface TreeBisect {
  tree: string;
  /** Revisions. */
  good: string;
  bad: string;
  /** What is checked out now is a kernel to be tested; `commit` names it with its subject. */
  test(commit: string, known?: 'good' | 'bad'): Promise<Tested>;
}

/** The tree, or what was asked of it, is not fit for it: said with what to do. */
export class CannotBisect extends Error {}

/**
 * The first bad commit, or where commits could not be tested those that it is one of.
 *
 * @throws CannotBisect
 */
export async function bisectTree({ tree, good, bad, test }: TreeBisect): Promise<string[]> {
  const git = async (...args: string[]) => {
    const { stdout, stderr, exitCode } = await execa('git', ['-C', tree, ...args], {
      env: { LC_ALL: 'C' },
      reject: false,
      stdin: 'ignore',
    });
    return { said: `${stdout}\n${stderr}`.trim(), ok: exitCode === 0 };
  };
  const must = async (...args: string[]): Promise<string> => {
    const { said, ok } = await git(...args);
    if (!ok) throw new CannotBisect(`git ${args.join(' ')} in ${tree}: ${said}`);
    return said;
  };
  const checkedOut = () => must('log', '-1', '--format=%h %s');
  if ((await must('status', '--porcelain', '--untracked-files=no')) !== '')
    throw new CannotBisect(`${tree} has changes that are not committed: commit or stash them first`);
  if ((await git('bisect', 'log')).ok)
    throw new CannotBisect(`a bisection goes on in ${tree}: git bisect reset ends it`);
  // Without revisions: it is to come back to what is checked out now.
  await must('bisect', 'start');
  try {
    for (const [revision, known] of [
      [good, 'good'],
      [bad, 'bad'],
    ] as const) {
      await must('checkout', '--quiet', '--detach', revision);
      await test(await checkedOut(), known);
    }
    await must('bisect', 'bad', bad);
    let { said } = await git('bisect', 'good', good);
    for (;;) {
      const ended = endOf(said);
      if (ended) return await Promise.all(ended.map((commit) => must('log', '-1', '--format=%h %s', commit)));
      if (!/^Bisecting: /m.test(said)) throw new CannotBisect(`git bisect in ${tree}: ${said}`);
      const tested = await test(await checkedOut());
      ({ said } = await git('bisect', tested === 'untested' ? 'skip' : tested));
    }
  } finally {
    await git('bisect', 'reset');
  }
}

/** What git bisect says when nothing is left to test: the commit, or those that it cannot choose from. Pure. */
export const endOf = (said: string): string[] | undefined => {
  const found = /^([0-9a-f]{7,64}) is the first bad commit$/m.exec(said);
  if (found) return [found[1]!];
  if (!/^There are only 'skip'ped commits left to test\.$/m.test(said)) return undefined;
  return said.split('\n').filter((line) => /^[0-9a-f]{40,64}$/.test(line));
};
