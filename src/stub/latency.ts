/** How long a stand-in takes to answer: made up, or as recorded. Pure, but for the random numbers handed in. */
import { bucketBottomUs, bucketTopUs, type Buckets } from "../measure/buckets.ts";

/** Draws a latency in milliseconds; `random` gives numbers in [0, 1). */
export type LatencySource = (random: () => number) => number;

/**
 * Lognormal, as latencies of services are: median x exp(spread x N), N standard normal by Box and Muller (1958). A spread of 0 is
 * always the median, 0.3 has its p99 at twice the median, 1 at ten times.
 */
export function lognormal(medianMs: number, spread: number): LatencySource {
  if (spread === 0) return () => medianMs;
  return (random) => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return medianMs * Math.exp(spread * normal);
  };
}

/** A recorded distribution by its inverse: a bucket by its share of the counts, and evenly within it. Throws RangeError for an empty one. */
export function recorded(buckets: Buckets): LatencySource {
  const { pairs } = buckets.toSparse();
  const ranks: number[] = [];
  let total = 0;
  for (let at = 0; at < pairs.length; at += 2) ranks.push((total += pairs[at + 1] ?? 0));
  if (total === 0) throw new RangeError("an empty distribution");
  return (random) => {
    const index = pairs[2 * firstAbove(ranks, random() * total)] ?? 0;
    const bottomUs = bucketBottomUs(index);
    return (bottomUs + random() * (bucketTopUs(index) + 1 - bottomUs)) / 1_000;
  };
}

/** Place of the first rank above a value, by halving. */
function firstAbove(ranks: readonly number[], value: number): number {
  let low = 0;
  for (let high = ranks.length - 1; low < high;) {
    const middle = (low + high) >> 1;
    if ((ranks[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
