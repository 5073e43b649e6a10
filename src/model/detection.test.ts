import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { detectionProbability, shareAtLeast, shareAtMost } from "./detection.ts";

/**
 * Binomial probability of at most `most` among `count` in exact arithmetic, for a share of `parts` in a million: the formula as it stands
 * in a textbook, with no logarithm in it.
 */
function exactAtMost(most: number, count: number, parts: number): number {
  const [hit, miss, whole] = [BigInt(parts), 1_000_000n - BigInt(parts), 1_000_000n];
  let [sum, ways] = [0n, 1n];
  for (let at = 0; at <= most; at++) {
    sum += ways * hit ** BigInt(at) * miss ** BigInt(count - at);
    ways = (ways * BigInt(count - at)) / BigInt(at + 1);
  }
  return Number((sum * 10n ** 15n) / whole ** BigInt(count)) / 1e15;
}

describe("the probability of finding a fault", () => {
  it("is 95 % for one in a thousand with 2,995 looks, the default of writes.readBack being 3,000", () => {
    expect(detectionProbability(0.001, 2_994)).toBeLessThan(0.95);
    expect(detectionProbability(0.001, 2_995)).toBeGreaterThan(0.95);
    expect(detectionProbability(0.001, 3_000)).toBeCloseTo(0.950_3, 4);
  });

  it("is 0 without a look, the share itself with one, and certainty where every write is faulty", () => {
    expect(detectionProbability(0.3, 0)).toBe(0);
    expect(detectionProbability(0.3, 1)).toBeCloseTo(0.3, 12);
    expect(detectionProbability(1, 1)).toBe(1);
  });
});

describe("the highest share that a sample allows", () => {
  it("is 1 - 0.05^(1/n) where nothing was found, which is about 3 / n", () => {
    for (const count of [1, 10, 300, 3_000, 100_000]) expect(shareAtMost(0, count)).toBeCloseTo(1 - 0.05 ** (1 / count), 9);
    expect(shareAtMost(0, 3_000)).toBeCloseTo(3 / 3_000, 5);
  });

  it("is as in tables of Clopper and Pearson", () => {
    // One-sided 95 %: the ends of the two-sided 90 % interval; 5 of 10 is 0.2224 to 0.7776.
    expect(shareAtMost(5, 10)).toBeCloseTo(0.777_6, 4);
    expect(shareAtLeast(5, 10)).toBeCloseTo(0.222_4, 4);
    expect(shareAtMost(1, 20)).toBeCloseTo(0.216_1, 4);
  });

  it("is where the exact binomial distribution leaves 5 %, and so is the lowest", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 0, max: 400 }), (count, asked) => {
        const found = Math.min(asked, count - 1);
        const most = Math.round(shareAtMost(found, count) * 1e6);
        expect(exactAtMost(found, count, Math.max(0, most - 2))).toBeGreaterThan(0.05 - 1e-9);
        expect(exactAtMost(found, count, Math.min(1_000_000, most + 2))).toBeLessThan(0.05 + 1e-9);
        const least = Math.round(shareAtLeast(found, count) * 1e6);
        const orMore = (parts: number): number => (found === 0 ? 1 : 1 - exactAtMost(found - 1, count, parts));
        expect(least === 0 ? 0 : orMore(Math.max(0, least - 2))).toBeLessThan(0.05 + 1e-9);
        expect(orMore(least + 2)).toBeGreaterThan(0.05 - 1e-9);
      }),
      { numRuns: 60 },
    );
  });

  it("is all of them for an empty sample, and for one in which all are faulty", () => {
    expect(shareAtMost(0, 0)).toBe(1);
    expect(shareAtMost(7, 7)).toBe(1);
    expect(shareAtLeast(7, 7)).toBeCloseTo(0.05 ** (1 / 7), 9);
  });

  it("does not lose itself where (1 - p)^n is 0 to a double", () => {
    expect(shareAtMost(50_000, 100_000)).toBeCloseTo(0.502_6, 3);
    expect(shareAtLeast(50_000, 100_000)).toBeCloseTo(0.497_4, 3);
  });
});
