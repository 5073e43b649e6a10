import type { Distribution } from "../model/distribution.ts";

/**
 * HdrHistogram's bucket layout (Gil Tene's HdrHistogram, 3 significant digits, unit 1) as one flat array: recording is one
 * `clz32` and one increment, which is what a load thread can afford; `toHistogram` in `record/` turns it into the standard form.
 * Values are whole microseconds from 0 to 2^31 - 1 (35 minutes); larger ones are clamped, NaN is refused.
 */

const subBucketBits = 11; // 2 x 10^3 rounded up to a power of two: 3 significant digits
const subBucketCount = 1 << subBucketBits;
const subBucketHalf = subBucketCount >> 1;
export const largestUs = 0x7fff_ffff;
const bucketLength = (32 - subBucketBits + 1) * subBucketHalf;

/** Flat index of the bucket that holds a whole value in [0, largestUs]. */
export function bucketOf(valueUs: number): number {
  const shift = 32 - subBucketBits - Math.clz32(valueUs | (subBucketCount - 1));
  return (shift << (subBucketBits - 1)) + (valueUs >>> shift);
}

/** Largest value that falls into a bucket: what HdrHistogram reports for a percentile. */
export function bucketTopUs(index: number): number {
  const shift = Math.max(0, (index >> (subBucketBits - 1)) - 1);
  const sub = index - (shift << (subBucketBits - 1));
  return (sub + 1) * 2 ** shift - 1;
}

/** Smallest value that falls into a bucket. */
export function bucketBottomUs(index: number): number {
  const shift = Math.max(0, (index >> (subBucketBits - 1)) - 1);
  return (index - (shift << (subBucketBits - 1))) * 2 ** shift;
}

/** Buckets as [index, count, index, count, ...] and the exact sum: small to post between threads. */
export interface SparseBuckets {
  readonly pairs: Uint32Array;
  readonly sumUs: number;
}

/** Buckets as they are: larger, and nothing has to be made of them. Their memory can be transferred between threads. */
export interface WholeBuckets {
  readonly counts: Uint32Array<ArrayBuffer>;
  readonly sumUs: number;
}

/** A latency distribution that is cheap to record into and to merge. */
export class Buckets implements Distribution {
  readonly counts = new Uint32Array(bucketLength);
  count = 0;
  #sumUs = 0;

  /** Records one value in microseconds. Throws RangeError on NaN or a negative: HdrHistogram would count it in silence. */
  record(valueUs: number): void {
    if (!(valueUs >= 0)) throw new RangeError(`a latency must be >= 0 us, got ${valueUs}`);
    const whole = valueUs > largestUs ? largestUs : Math.round(valueUs);
    const index = bucketOf(whole);
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.count += 1;
    this.#sumUs += whole;
  }

  /** Adds a count to one bucket; for readers of stored histograms, whose sum is then that of the buckets' middles. */
  addAt(index: number, count: number): void {
    this.counts[index] = (this.counts[index] ?? 0) + count;
    this.count += count;
    this.#sumUs += (count * (bucketBottomUs(index) + bucketTopUs(index))) / 2;
  }

  merge(other: SparseBuckets): void {
    for (let at = 0; at < other.pairs.length; at += 2) {
      const index = other.pairs[at] ?? 0;
      const count = other.pairs[at + 1] ?? 0;
      this.counts[index] = (this.counts[index] ?? 0) + count;
      this.count += count;
    }
    this.#sumUs += other.sumUs;
  }

  mergeWhole(other: WholeBuckets): void {
    for (let index = 0; index < bucketLength; index++) {
      const count = other.counts[index] ?? 0;
      this.counts[index] = (this.counts[index] ?? 0) + count;
      this.count += count;
    }
    this.#sumUs += other.sumUs;
  }

  /** Its own memory: once that is transferred, nothing more can be recorded. */
  get whole(): WholeBuckets {
    return { counts: this.counts, sumUs: this.#sumUs };
  }

  toSparse(): SparseBuckets {
    const pairs: number[] = [];
    for (let index = 0; index < bucketLength; index++) {
      const count = this.counts[index] ?? 0;
      if (count > 0) pairs.push(index, count);
    }
    return { pairs: Uint32Array.from(pairs), sumUs: this.#sumUs };
  }

  clear(): void {
    this.counts.fill(0);
    this.count = 0;
    this.#sumUs = 0;
  }

  get meanUs(): number {
    return this.count === 0 ? 0 : this.#sumUs / this.count;
  }

  get maxUs(): number {
    return this.percentile(100);
  }

  percentile(percent: number): number {
    const wanted = Math.max(1, Math.ceil((percent / 100) * this.count - 1e-9));
    let seen = 0;
    for (let index = 0; index < bucketLength; index++) {
      seen += this.counts[index] ?? 0;
      if (seen >= wanted) return bucketTopUs(index);
    }
    return 0;
  }

  countAtOrBelow(valueUs: number): number {
    const last = bucketOf(Math.min(largestUs, Math.max(0, Math.floor(valueUs))));
    let seen = 0;
    for (let index = 0; index <= last; index++) seen += this.counts[index] ?? 0;
    return seen;
  }
}
