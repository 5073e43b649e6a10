/** Words longer than this are no typing mistakes of ours; it also bounds the table below. */
const wordLimit = 64;

/** Edits (insert, delete, replace) between two words: Levenshtein's distance, by the usual two-row table. */
export function editDistance(left: string, right: string): number {
  let above = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const replaced = (above[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    above = current;
  }
  return above[right.length] ?? 0;
}

/**
 * The known word that was probably meant, or null: one that begins with what was written (or the other way round, from three
 * letters on), or the nearest within two edits. Short words are allowed fewer edits, since at two any two of them look alike.
 */
export function nearest(written: string, known: readonly string[]): string | null {
  const word = written.toLowerCase();
  if (word.length > wordLimit) return null;
  const ranked = known
    .filter((candidate) => candidate.length <= wordLimit)
    .map((candidate) => ({ candidate, distance: distanceOf(word, candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= Math.min(2, Math.floor(word.length / 2)))
    .toSorted((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate ?? null;
}

function distanceOf(word: string, candidate: string): number {
  const isPrefix = Math.min(word.length, candidate.length) >= 3 && (candidate.startsWith(word) || word.startsWith(candidate));
  return Math.min(isPrefix ? 1 : Number.POSITIVE_INFINITY, editDistance(word, candidate));
}
