import fc from "fast-check";
import { linearRegression } from "simple-statistics";
import { expect, it } from "vitest";
import { unit } from "../src/model/random.ts";
import { trendOf } from "./trend.ts";

const samplesOf = (values: readonly number[]): { t: number; value: number }[] =>
  values.map((value, second) => ({ t: second * 1e6, value }));

it("fits the same line as simple-statistics", () => {
  const property = fc.property(
    fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 4, maxLength: 60 }),
    (values) => {
      const trend = trendOf(samplesOf(values));
      const { m, b } = linearRegression(values.map((value, second) => [second, value]));
      expect(trend?.slopePerSec).toBeCloseTo(m, 3);
      expect(trend?.last).toBeCloseTo(b + m * (values.length - 1), 3);
    },
  );
  fc.assert(property);
});

it("has an interval that holds the true slope in some 95 of 100 noisy lines", () => {
  const held = Array.from({ length: 4_000 }, (_, seed) => {
    const noise = (second: number): number => unit(seed, 1, second) + unit(seed, 2, second) + unit(seed, 3, second) - 1.5;
    const trend = trendOf(samplesOf(Array.from({ length: 12 }, (_, second) => 3 * second + 20 * noise(second))));
    return trend !== null && Math.abs(trend.slopePerSec - 3) <= trend.slopePerSec - trend.lowestPerSec;
  });
  const share = held.filter(Boolean).length / held.length;
  expect(share).toBeGreaterThan(0.94);
  expect(share).toBeLessThan(0.97);
});

it("draws no line through fewer than four samples, nor through one instant", () => {
  expect(trendOf(samplesOf([1, 2, 3]))).toBeNull();
  expect(trendOf(Array.from({ length: 9 }, (_, value) => ({ t: 1e6, value })))).toBeNull();
});
