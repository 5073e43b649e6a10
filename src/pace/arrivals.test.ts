import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Pace } from "../model/scenario.ts";
import { Arrivals, type ArrivalRules } from "./arrivals.ts";

const seconds = 1_000_000;
const seeds = fc.integer({ min: 0, max: 0xffff_ffff });
const paces = fc.constantFrom<Pace>("poisson", "uniform", "burst");

function dues(rules: Partial<ArrivalRules>): number[] {
  const { holdUs = 10 * seconds, ...others } = rules;
  const arrivals = new Arrivals({ pace: "poisson", ratePerSec: 1_000, seed: 1, firstIndex: 0, holdUs, ...others });
  const all: number[] = [];
  for (let due = arrivals.next(); due < holdUs; due = arrivals.next()) all.push(due);
  return all;
}

/** How many fall into each of `bins` equal parts of [0, span), by their remainder. */
function histogram(values: readonly number[], span: number, bins: number): number[] {
  const counts = Array.from({ length: bins }, () => 0);
  for (const value of values) counts[Math.floor(((value % span) / span) * bins)]! += 1;
  return counts;
}

/** Pearson's statistic against expected counts. */
function chiSquare(counts: readonly number[], expected: (bin: number) => number): number {
  return counts.reduce((sum, count, bin) => sum + (count - expected(bin)) ** 2 / expected(bin), 0);
}

/** 99.9 % points of chi-squared (NIST/SEMATECH e-Handbook, section 1.3.6.7.4). */
const chiSquare999 = { 9: 27.877, 19: 43.82 } as const;

describe("held arrivals", () => {
  it("are Poisson's: a dispersion index within its 99 % band, at any seed", () => {
    // For a Poisson process the variance of counts in n windows over their mean is chi-squared / (n - 1): sd = sqrt(2 / (n - 1)).
    const windows = 2_000;
    const inside = Array.from({ length: 50 }, (_, seed) => {
      const holdUs = windows * 10_000;
      const counts = histogram(dues({ seed, holdUs }), holdUs, windows);
      const mean = counts.reduce((a, b) => a + b, 0) / windows;
      const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / (windows - 1);
      return Math.abs(variance / mean - 1) <= 2.576 * Math.sqrt(2 / (windows - 1));
    });
    // Of 50 that are inside with probability 0.99 each, fewer than 47 are with probability 0.002.
    expect(inside.filter(Boolean).length).toBeGreaterThanOrEqual(47);
  });

  it("have Poisson's gaps: exponential, of which a tenth lies in each tenth of their distribution", () => {
    const all = dues({ holdUs: 100 * seconds });
    const quantiles = all.slice(1).map((due, at) => 1 - Math.exp(-(due - all[at]!) / 1_000));
    expect(chiSquare(histogram(quantiles, 1, 10), () => quantiles.length / 10)).toBeLessThan(chiSquare999[9]);
  });

  it("are uniform to the microsecond, at any rate", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 50_000, noNaN: true }), (ratePerSec) => {
        const all = dues({ pace: "uniform", ratePerSec, holdUs: seconds });
        const off = all.map((due, number) => Math.abs(due - ((number + 0.5) * seconds) / ratePerSec));
        expect(Math.max(0, ...off)).toBeLessThan(1);
      }),
    );
    expect(dues({ pace: "uniform", ratePerSec: 4, holdUs: seconds })).toEqual([125_000, 375_000, 625_000, 875_000]);
  });

  it.each(["poisson", "uniform"] as const)(
    "do not crowd at the seconds' boundaries when %s: each 100 ms has its tenth",
    (pace) => {
      for (const seed of [1, 2, 3]) {
        const all = dues({ pace, seed, holdUs: 60 * seconds });
        expect(chiSquare(histogram(all, seconds, 10), () => all.length / 10)).toBeLessThan(chiSquare999[9]);
      }
    },
  );

  it("come all at once at each second's start when in bursts", () => {
    expect(dues({ pace: "burst", ratePerSec: 2, holdUs: 2 * seconds })).toEqual([0, 0, seconds, seconds]);
  });

  it("keep the rate they were asked for", () => {
    fc.assert(
      fc.property(seeds, paces, (seed, pace) => {
        const { length } = dues({ seed, pace, ratePerSec: 5_000, holdUs: 4 * seconds });
        expect(Math.abs(length - 20_000)).toBeLessThan(5 * Math.sqrt(20_000));
      }),
      { numRuns: 30 },
    );
  });
});

describe("arrivals of a ramp", () => {
  const rates = fc.double({ min: 0, max: 5_000, noNaN: true });

  it("are in order and within it, whatever its rates, pace and length", () => {
    fc.assert(
      fc.property(seeds, paces, rates, rates, fc.integer({ min: 100_000, max: 3 * seconds }), (seed, pace, from, to, holdUs) => {
        fc.pre(from !== to);
        const all = dues({ seed, pace, fromRatePerSec: from, ratePerSec: to, holdUs });
        expect(all).toEqual(all.toSorted((a, b) => a - b));
        expect(all.every((due) => due >= 0 && due < holdUs)).toBe(true);
      }),
    );
  });

  it("are exactly as many as its line integrates to when uniform or in bursts", () => {
    fc.assert(
      fc.property(rates, rates, fc.integer({ min: 1, max: 40 }), (from, to, quarters) => {
        fc.pre(from !== to);
        const holdUs = (quarters * seconds) / 4;
        const expected = ((from + to) / 2) * (quarters / 4);
        const ramp = { fromRatePerSec: from, ratePerSec: to, holdUs };
        expect(Math.abs(dues({ pace: "uniform", ...ramp }).length - expected)).toBeLessThanOrEqual(0.5 + 1e-6);
        expect(Math.abs(dues({ pace: "burst", ...ramp }).length - expected)).toBeLessThanOrEqual(1 + 1e-6);
      }),
      { numRuns: 50 },
    );
  });

  it("are as many as its line integrates to within the 99.9 % band when Poisson's", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { length } = dues({ seed, fromRatePerSec: 100, ratePerSec: 1_900 });
      expect(Math.abs(length - 10_000)).toBeLessThan(3.29 * Math.sqrt(10_000));
    }
  });

  it.each([
    [0, 2_000],
    [2_000, 0],
    [500, 1_500],
  ])("follow the line from %i to %i, twentieth by twentieth", (fromRatePerSec, ratePerSec) => {
    const expected = (bin: number): number => 0.5 * (fromRatePerSec + ((ratePerSec - fromRatePerSec) * (bin + 0.5)) / 20);
    const poisson = histogram(dues({ fromRatePerSec, ratePerSec }), 10 * seconds, 20);
    expect(chiSquare(poisson, expected)).toBeLessThan(chiSquare999[19]);
    const uniform = histogram(dues({ pace: "uniform", fromRatePerSec, ratePerSec }), 10 * seconds, 20);
    for (const [bin, count] of uniform.entries()) expect(Math.abs(count - expected(bin))).toBeLessThanOrEqual(1);
  });

  it("are each at the instant by which that many are expected when uniform", () => {
    for (const [number, due] of dues({ pace: "uniform", fromRatePerSec: 10, ratePerSec: 30, holdUs: 4 * seconds }).entries()) {
      const t = due / seconds;
      expect(10 * t + (20 / 4 / 2) * t * t).toBeCloseTo(number + 0.5, 6);
    }
  });

  it("come at each second's start when in bursts, as many as the second has", () => {
    const all = dues({ pace: "burst", fromRatePerSec: 0, ratePerSec: 40, holdUs: 4 * seconds });
    expect([0, 1, 2, 3].map((second) => all.filter((due) => due === second * seconds).length)).toEqual([5, 15, 25, 35]);
  });

  it.each([
    ["uniform", 13.7 * 3],
    ["burst", 27.4 * 3],
    ["uniform", 27.4 * 1.5],
    ["burst", 54.8 * 1.5],
  ] as const)("each have a time when %s, down to the last one of a ramp from %s/s to nothing", (pace, fromRatePerSec) => {
    const arrivals = new Arrivals({ pace, fromRatePerSec, ratePerSec: 0, seed: 1, firstIndex: 0, holdUs: 10 * seconds });
    const all = Array.from({ length: Math.ceil(fromRatePerSec * 5) + 1 }, () => arrivals.next());
    expect(all.filter(Number.isNaN)).toEqual([]);
    expect(all.filter((due) => due < 10 * seconds).length).toBeGreaterThanOrEqual(Math.floor(fromRatePerSec * 5 - 0.5));
  });

  it("are held ones where both its ends are the same", () => {
    expect(dues({ fromRatePerSec: 1_000 })).toEqual(dues({}));
  });
});
