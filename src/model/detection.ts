/** What a sample proves about what was not looked at. Pure. A fault hits each write by itself with the same probability. */

/** Confidence of every statement made of a sample. */
export const confidence = 0.95;
/** The fault that a sample should find: one write in a thousand. */
export const worthFinding = 0.001;
/** Halvings of [0, 1]: more than a double can tell apart. */
const halvings = 60;

/** Probability that a sample of `count` holds at least one faulty write, where a `share` of all writes is: 1 - (1 - p)^n. */
export function detectionProbability(share: number, count: number): number {
  return -Math.expm1(count * Math.log1p(-share));
}

/**
 * The highest share of faulty writes that a sample does not contradict: `found` or fewer among `count` would then still be seen with 5 %.
 * One-sided Clopper-Pearson (1934); with none found about 3 / count, the "rule of three". 1 for an empty sample.
 */
export function shareAtMost(found: number, count: number): number {
  return found >= count ? 1 : shareAt((share) => binomialAtMost(found, count, share) > 1 - confidence);
}

/** The lowest such share: `found` or more would then be seen with 5 %. 0 where nothing was found. */
export function shareAtLeast(found: number, count: number): number {
  return found === 0 ? 0 : shareAt((share) => 1 - binomialAtMost(found - 1, count, share) < 1 - confidence);
}

/** Where a condition that holds for small shares ceases to. */
function shareAt(holds: (share: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let time = 0; time < halvings; time++) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** Probability of at most `most` faults among `count`. Summed by logarithms, since (1 - p)^n alone may be 0 to a double. */
function binomialAtMost(most: number, count: number, share: number): number {
  const odds = Math.log(share) - Math.log1p(-share);
  let logTerm = count * Math.log1p(-share);
  let sum = Math.exp(logTerm);
  for (let at = 1; at <= most; at++) {
    logTerm += Math.log((count - at + 1) / at) + odds;
    sum += Math.exp(logTerm);
  }
  return Math.min(1, sum);
}
