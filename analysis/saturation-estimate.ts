import type { Estimate, SaturationStep } from "../src/model/saturation.ts";

/**
 * Intervals from the parts that a step's window is cut into: Student's t over the parts, which are taken as independent. They are not
 * quite (a queue remembers), so the true coverage is somewhat below the stated 95 %.
 */
export const intervalMethod =
  "95 % intervals by Student's t over the eighths of each window (taken as independent); of the product by the delta method on its logarithm with Welch's degrees of freedom. S1 holds the way to the bottleneck too, so c is 5 to 10 % high.";

/** A mean with the spread of its sample. */
interface Mean {
  readonly value: number;
  /** Standard error over the value. */
  readonly relativeError: number;
  readonly freedom: number;
}

/** Accepted replies per second, over some steps together; null where there are too few parts. */
export function meanRate(steps: readonly SaturationStep[]): Mean | null {
  return meanOf(steps.flatMap(({ slices, windowUs }) => slices.map(({ ok }) => (ok * slices.length * 1e6) / windowUs)));
}

/**
 * Mean latency of a step, microseconds: the ratio of two sums, with the ratio estimator's error (Cochran 1977, section 2.11). Null where
 * it answered in fewer than two parts of its window.
 */
export function meanLatency({ slices }: SaturationStep): Mean | null {
  const parts = slices.filter(({ ok }) => ok > 0);
  if (parts.length < 2) return null;
  const ok = sumOf(parts.map((part) => part.ok));
  const value = sumOf(parts.map(({ okUs }) => okUs)) / ok;
  const squares = sumOf(parts.map((part) => (part.okUs - value * part.ok) ** 2));
  const error = Math.sqrt((squares * parts.length) / (parts.length - 1)) / ok;
  return { value, relativeError: error / value, freedom: parts.length - 1 };
}

/** X_max in 1/s times S1 in microseconds: how many are served side by side. */
export function product(rate: Mean, latencyUs: Mean): Mean {
  const [a, b] = [rate.relativeError ** 2, latencyUs.relativeError ** 2];
  const freedom = a + b === 0 ? rate.freedom : (a + b) ** 2 / (a ** 2 / rate.freedom + b ** 2 / latencyUs.freedom);
  return { value: (rate.value * latencyUs.value) / 1e6, relativeError: Math.sqrt(a + b), freedom };
}

/** The 95 % interval, on the logarithm, so that it stays above 0. */
export function intervalOf({ value, relativeError, freedom }: Mean): Estimate {
  const factor = Math.exp(studentT(freedom) * relativeError);
  return { value, low: value / factor, high: value * factor };
}

function meanOf(values: readonly number[]): Mean | null {
  if (values.length < 2) return null;
  const value = sumOf(values) / values.length;
  if (value <= 0) return null;
  const variance = sumOf(values.map((each) => (each - value) ** 2)) / (values.length - 1);
  return { value, relativeError: Math.sqrt(variance / values.length) / value, freedom: values.length - 1 };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Two-sided 95 % points of Student's t by degrees of freedom (any table of it). */
const tTable: readonly (readonly [freedom: number, t: number])[] = [
  [1, 12.706],
  [2, 4.303],
  [3, 3.182],
  [4, 2.776],
  [5, 2.571],
  [6, 2.447],
  [7, 2.365],
  [8, 2.306],
  [10, 2.228],
  [12, 2.179],
  [15, 2.131],
  [20, 2.086],
  [30, 2.042],
  [60, 2],
  [120, 1.98],
];

/** The point for the next lower entry, which is on the safe side. */
function studentT(freedom: number): number {
  return tTable.findLast(([entry]) => entry <= freedom + 1e-9)?.[1] ?? 12.706;
}
