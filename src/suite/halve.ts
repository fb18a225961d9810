/** What a kernel was found to be: of those before the change, of those after it, or not to be tested. */
export type Tested = 'good' | 'bad' | 'untested';

export interface Halved {
  /** The last known to be good, and the first known to be bad after it. */
  lastGood: number;
  firstBad: number;
}

/**
 * Of `count` that stand in order, the first of which is known to be good and the last to be bad, tests as few as tell
 * where they change. What stands between the last good and the first bad cannot be tested, each of them.
 */
export async function halve(count: number, test: (index: number) => Promise<Tested>): Promise<Halved> {
  let [lastGood, firstBad] = [0, count - 1];
  const untested = new Set<number>();
  for (;;) {
    const middle = (lastGood + firstBad) / 2;
    const [next] = between(lastGood, firstBad)
      .filter((index) => !untested.has(index))
      .toSorted((a, b) => Math.abs(a - middle) - Math.abs(b - middle));
    if (next === undefined) return { lastGood, firstBad };
    const tested = await test(next);
    if (tested === 'good') lastGood = next;
    else if (tested === 'bad') firstBad = next;
    else untested.add(next);
  }
}

const between = (low: number, high: number): number[] =>
  Array.from({ length: high - low - 1 }, (_, index) => low + 1 + index);
