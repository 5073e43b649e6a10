import fc from "fast-check";
import { expect, it } from "vitest";
import { pickUser } from "./popularity.ts";
import { unit } from "./random.ts";

const largestDraw = 0xffff_ffff / 0x1_0000_0000;
const draws = 200_000;

function frequencies(pool: number, pick: (draw: number) => number): number[] {
  const counts = Array.from({ length: pool }, () => 0);
  for (let index = 0; index < draws; index++) {
    const member = pick(unit(7, 3, index));
    counts[member] = (counts[member] ?? 0) + 1;
  }
  return counts.map((count) => count / draws);
}

it("stays within the pool for every draw", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("uniform" as const, "zipf" as const),
      fc.integer({ min: 1, max: 100_000_000 }),
      fc.oneof(fc.constant(0), fc.constant(largestDraw), fc.double({ min: 0, max: largestDraw, noNaN: true })),
      (popularity, pool, draw) => {
        const member = pickUser(popularity, pool, draw);
        expect(Number.isInteger(member)).toBe(true);
        expect(member).toBeGreaterThanOrEqual(0);
        expect(member).toBeLessThan(pool);
      },
    ),
  );
});

it("reaches the first and the last member", () => {
  for (const popularity of ["uniform", "zipf"] as const) {
    expect(pickUser(popularity, 1_000, 0)).toBe(0);
    expect(pickUser(popularity, 1_000, largestDraw)).toBe(999);
  }
});

it("gives every member the same share when uniform", () => {
  for (const share of frequencies(20, (draw) => pickUser("uniform", 20, draw))) expect(share).toBeCloseTo(1 / 20, 2);
});

it("gives member i the share ln((i + 2) / (i + 1)) / ln(pool + 1) when zipf", () => {
  const pool = 1_000;
  const shares = frequencies(pool, (draw) => pickUser("zipf", pool, draw));
  for (const member of [0, 1, 2, 9, 99]) {
    const expected = Math.log((member + 2) / (member + 1)) / Math.log(pool + 1);
    // Five standard deviations of a binomial share over this many draws.
    expect(Math.abs((shares[member] ?? 0) - expected)).toBeLessThan(5 * Math.sqrt(expected / draws));
  }
});

it("comes near Zipf's own law beyond the first members", () => {
  const pool = 1_000;
  const harmonic = Array.from({ length: pool }, (_, at) => 1 / (at + 1)).reduce((sum, share) => sum + share, 0);
  const head = frequencies(pool, (draw) => pickUser("zipf", pool, draw)).slice(0, 100);
  const lawHead = Array.from({ length: 100 }, (_, at) => 1 / (at + 1) / harmonic).reduce((sum, share) => sum + share, 0);
  expect(head.reduce((sum, share) => sum + share, 0)).toBeCloseTo(lawHead, 1);
});
