import fc from "fast-check";
import { build } from "hdr-histogram-js";
import { quantileRankSorted } from "simple-statistics";
import { expect, it } from "vitest";
import { Buckets, bucketBottomUs, bucketOf, bucketTopUs, largestUs } from "./buckets.ts";

const values = fc.array(fc.integer({ min: 0, max: 60_000_000 }), { minLength: 1, maxLength: 300 });

it("puts every value into a bucket whose bounds hold it, to three digits", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: largestUs }), (value) => {
      const index = bucketOf(value);
      expect(bucketBottomUs(index)).toBeLessThanOrEqual(value);
      expect(bucketTopUs(index)).toBeGreaterThanOrEqual(value);
      expect(bucketTopUs(index) - bucketBottomUs(index)).toBeLessThanOrEqual(value / 1_000);
    }),
  );
});

it("gives the percentiles of HdrHistogram itself", () => {
  fc.assert(
    fc.property(values, fc.constantFrom(1, 50, 90, 99, 99.9, 100), (sample, percent) => {
      const ours = new Buckets();
      const theirs = build({ lowestDiscernibleValue: 1, highestTrackableValue: largestUs, numberOfSignificantValueDigits: 3 });
      for (const value of sample) {
        ours.record(value);
        theirs.recordValue(value);
      }
      expect(ours.percentile(percent)).toBe(theirs.getValueAtPercentile(percent));
    }),
  );
});

it("counts what is at or below a value like a sorted list does, to its resolution", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1 }),
      fc.integer({ min: 0, max: 1_000 }),
      (sample, limit) => {
        const ours = new Buckets();
        for (const value of sample) ours.record(value);
        const exact = sample.filter((value) => value <= limit).length;
        expect(ours.countAtOrBelow(limit)).toBe(exact);
        expect(
          quantileRankSorted(
            sample.toSorted((a, b) => a - b),
            limit,
          ),
        ).toBeLessThanOrEqual(exact / sample.length);
      },
    ),
  );
});

it("merges to the same distribution in any cut", () => {
  fc.assert(
    fc.property(values, values, (left, right) => {
      const whole = new Buckets();
      const parts = [new Buckets(), new Buckets()] as const;
      for (const value of left) parts[0].record(value);
      for (const value of right) parts[1].record(value);
      for (const value of [...left, ...right]) whole.record(value);
      const merged = new Buckets();
      for (const part of parts) merged.merge(part.toSparse());
      expect(merged.toSparse()).toEqual(whole.toSparse());
      const mergedWhole = new Buckets();
      for (const part of parts) mergedWhole.mergeWhole(part.whole);
      expect(mergedWhole.toSparse()).toEqual(whole.toSparse());
      expect(mergedWhole.count).toBe(whole.count);
    }),
  );
});

it("refuses NaN and negatives, which a histogram would count in silence", () => {
  const buckets = new Buckets();
  expect(() => buckets.record(Number.NaN)).toThrow(RangeError);
  expect(() => buckets.record(-1)).toThrow(RangeError);
  expect(buckets.count).toBe(0);
});
