import { describe, expect, it } from "vitest";
import { highestClean, rateOf } from "./search.ts";

/** A generator that is clean up to a rate, and how often it was asked. */
async function searched(limitPerSec: number, tries = 100): Promise<{ ratePerSec: number | null; asked: number }> {
  let asked = 0;
  const level = await highestClean(
    async (tried) => {
      asked += 1;
      return rateOf(tried) <= limitPerSec;
    },
    () => asked < tries,
  );
  return { ratePerSec: level === null ? null : rateOf(level), asked };
}

describe("the highest clean rate", () => {
  it.each([8, 60, 999, 4_000, 5_500, 38_000, 120_000, 262_144])("is found within 9 %% of %d/s, in few tries", async (limit) => {
    const { ratePerSec, asked } = await searched(limit);
    expect(ratePerSec).toBeLessThanOrEqual(limit);
    expect(ratePerSec).toBeGreaterThan(limit / 1.1);
    expect(asked).toBeLessThanOrEqual(14);
  });

  it("is the highest that is tried where all are clean, and none where none is", async () => {
    expect((await searched(Number.POSITIVE_INFINITY)).ratePerSec).toBe(262_144);
    expect((await searched(7)).ratePerSec).toBeNull();
  });

  it("is too low rather than too high where time runs out", async () => {
    expect((await searched(38_000, 4)).ratePerSec).toBe(32_768);
    expect((await searched(38_000, 5)).ratePerSec).toBe(32_768);
    expect((await searched(1_000, 1)).ratePerSec).toBeNull();
  });
});
