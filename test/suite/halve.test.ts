import fc from 'fast-check';
import t from 'tap';
import { endOf } from '../../src/suite/git-bisect.ts';
import { halve, type Tested } from '../../src/suite/halve.ts';
import { compareVersions, isOfVersion } from '../../src/suite/kernel-versions.ts';
import { decidedExitCode, gitBisectExitCode } from '../../src/suite/outcome.ts';

t.test('halving ends at the change, tests nothing twice, and as few as can be', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 2, max: 60 }).chain((count) =>
        fc.record({
          count: fc.constant(count),
          change: fc.integer({ min: 1, max: count - 1 }),
          untested: fc.uniqueArray(fc.integer({ min: 1, max: Math.max(1, count - 2) }), { maxLength: 5 }),
        }),
      ),
      async ({ count, change, untested }) => {
        const isUntested = (index: number) => untested.includes(index) && index > 0 && index < count - 1;
        const tried: number[] = [];
        const { lastGood, firstBad } = await halve(count, async (index): Promise<Tested> => {
          tried.push(index);
          return isUntested(index) ? 'untested' : index < change ? 'good' : 'bad';
        });
        const between = Array.from({ length: firstBad - lastGood - 1 }, (_, index) => lastGood + 1 + index);
        return (
          lastGood < change &&
          change <= firstBad &&
          between.every(isUntested) &&
          new Set(tried).size === tried.length &&
          tried.every((index) => index > 0 && index < count - 1) &&
          tried.length - tried.filter(isUntested).length <= Math.ceil(Math.log2(count)) + untested.length
        );
      },
    ),
  );
});

t.test('versions stand in the order in which kernels came', async (t) => {
  const inOrder = [
    '5.10',
    '6.1-rc2',
    '6.1.0-rc10',
    '6.1',
    '6.1.2',
    '6.1.176-uml',
    '6.12.1+deb13-amd64',
    '7.2',
  ];
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(inOrder), async (some) => {
      const sorted = some.toSorted(compareVersions);
      return sorted.every((version, index) => version === inOrder.filter((one) => some.includes(one))[index]);
    }),
  );
  t.equal(compareVersions('6.1', '6.1.0'), 0);
});

t.test('a short version stands for those that begin with it, and for no others', async (t) => {
  t.ok(isOfVersion('6.1.176', '6.1'));
  t.ok(isOfVersion('6.1', '6.1'));
  t.ok(isOfVersion('6.12-rc1', '6.12'));
  t.notOk(isOfVersion('6.12.1', '6.1'));
  t.notOk(isOfVersion('6.1.176', 'debian:bookworm'));
  t.notOk(isOfVersion('6.1.176', ''));
});

t.test('where git bisect ends is read from what it says', async (t) => {
  const commit = 'a'.repeat(40);
  t.same(endOf(`${commit} is the first bad commit\ncommit ${commit}\n`), [commit]);
  const other = 'b'.repeat(40);
  const skipped = `There are only 'skip'ped commits left to test.\nThe first bad commit could be any of:\n${commit}\n${other}\nWe cannot bisect more!\n`;
  t.same(endOf(skipped), [commit, other]);
  t.equal(endOf('Bisecting: 3 revisions left to test after this (roughly 2 steps)\n'), undefined);
});

t.test('git bisect run hears good, bad, skip, or that it must stop', async (t) => {
  t.same([0, 1, 3, 4, 2, 70, 130].map(gitBisectExitCode), [0, 1, 125, 125, 255, 255, 130]);
  const codeOf = (...outcomes: Parameters<typeof decidedExitCode>[0]['runs'][0]['outcome'][]) =>
    decidedExitCode({ exitCode: 0, runs: outcomes.map((outcome) => ({ outcome })) as never });
  t.equal(codeOf('conforms', 'permitted'), 0);
  t.equal(codeOf('conforms', 'deviates', 'inconclusive'), 1, 'recorded or not');
  t.equal(codeOf('conforms', 'inconclusive'), 3);
  t.equal(codeOf('unsupported'), 3);
  t.equal(decidedExitCode({ exitCode: 70, runs: [] }), 70);
});
