/** The names that a misspelt one could mean. Pure. */

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other (Damerau-Levenshtein, optimal string alignment). */
function editDistance(one: string, other: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const replaced = one[row - 1] === other[column - 1] ? 0 : 1;
      const swapped =
        row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      current[column] = Math.min(
        previous[column]! + 1,
        current[column - 1]! + 1,
        previous[column - 1]! + replaced,
        swapped ? beforePrevious[column - 2]! + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [beforePrevious, previous] = [previous, current];
  }
  return previous[other.length]!;
}

/** Nobody misspells a name this long; and it keeps the cost of hostile files low. */
const LONGEST = 64;

/** The candidate nearest to a text, where it is near enough to have been meant: a third of its letters wrong at most. */
export function closest(text: string, candidates: Iterable<string>): string | undefined {
  if (text.length > LONGEST) return undefined;
  const plain = (name: string) => name.toLowerCase().replaceAll('_', '-');
  let best: string | undefined;
  let least = Math.max(1, Math.floor(text.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(plain(text), plain(candidate));
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}
