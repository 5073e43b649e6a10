import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StepPlan } from "../model/plan.ts";
import type { Pace } from "../model/scenario.ts";
import { Schedule, type SchedulePlan, walkSchedule } from "./schedule.ts";
import { ScheduleHash } from "./schedule-hash.ts";

function planOf(seed: number, pace: Pace = "poisson", rates = [200, 400], holdUs = 2_000_000): SchedulePlan {
  const steps: StepPlan[] = rates.map((ratePerSec, index) => ({ index, role: "step", multiple: index + 1, ratePerSec, holdUs }));
  return {
    seed,
    pace,
    steps,
    operations: [
      { name: "scan", kind: "read", weight: 9 },
      { name: "report", kind: "write", weight: 1 },
      { name: "citizen", kind: "write", weight: 0 },
    ],
    users: { name: "citizens", pool: 1_000, popularity: "zipf" },
  };
}

interface Arrival {
  index: number;
  dueUs: number;
  operation: number;
  user: number;
}

function arrivals(plan: SchedulePlan, shard = { index: 0, of: 1 }): Arrival[] {
  const schedule = new Schedule(plan, shard);
  const all: Arrival[] = [];
  for (const step of plan.steps) {
    schedule.begin(step);
    while (schedule.next()) {
      const { index, dueUs, operation, user } = schedule;
      all.push({ index, dueUs, operation, user });
    }
  }
  return all;
}

describe("a schedule", () => {
  it("is cut into shards that together make the whole, arrival by arrival and hash by hash", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), fc.integer({ min: 1, max: 5 }), (seed, of) => {
        const plan = planOf(seed);
        const parts = Array.from({ length: of }, (_, index) => arrivals(plan, { index, of }));
        expect(parts.flat().toSorted((a, b) => a.index - b.index)).toEqual(arrivals(plan));
        const sum = new ScheduleHash();
        for (const part of parts) {
          const hash = new ScheduleHash();
          for (const one of part) hash.add(one.index, one.dueUs, one.operation, one.user);
          sum.merge(hash.parts);
        }
        expect(sum.digest()).toBe(walkSchedule(plan).hash);
      }),
      { numRuns: 30 },
    );
  });

  it("is the same for the same seed and another for another", () => {
    expect(walkSchedule(planOf(7))).toEqual(walkSchedule(planOf(7)));
    expect(walkSchedule(planOf(7)).hash).not.toBe(walkSchedule(planOf(8)).hash);
  });

  it("picks operations by weight, and never one of weight 0", () => {
    const totals = walkSchedule(planOf(3, "poisson", [10_000], 10_000_000));
    expect(totals.perOperation["scan"]! / totals.requests).toBeCloseTo(0.9, 1);
    expect(totals.perOperation["citizen"]).toBe(0);
    expect(totals.writes).toBe(totals.perOperation["report"]);
  });

  it("has Poisson arrivals: a dispersion index within its 99 % band, at any seed", () => {
    // For a Poisson process the variance of counts in n windows over their mean is chi-squared / (n - 1): sd = sqrt(2 / (n - 1)).
    const windows = 2_000;
    const inside = Array.from({ length: 20 }, (_, seed) => {
      const counts = Array.from({ length: windows }, () => 0);
      for (const { dueUs } of arrivals(planOf(seed, "poisson", [1_000], windows * 10_000)))
        counts[Math.floor(dueUs / 10_000)]! += 1;
      const mean = counts.reduce((a, b) => a + b, 0) / windows;
      const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / (windows - 1);
      return Math.abs(variance / mean - 1) <= 2.576 * Math.sqrt(2 / (windows - 1));
    });
    expect(inside.filter(Boolean).length).toBeGreaterThanOrEqual(18);
  });

  it("spaces uniform arrivals evenly, and sends a burst at the start of each second", () => {
    expect(arrivals(planOf(1, "uniform", [4], 1_000_000)).map((one) => one.dueUs)).toEqual([125_000, 375_000, 625_000, 875_000]);
    expect(arrivals(planOf(1, "burst", [2], 2_000_000)).map((one) => one.dueUs)).toEqual([0, 0, 1_000_000, 1_000_000]);
  });

  it("keeps the rate it was asked for", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.constantFrom<Pace>("poisson", "uniform", "burst"),
        (seed, pace) => {
          const count = arrivals(planOf(seed, pace, [5_000], 4_000_000)).length;
          expect(Math.abs(count - 20_000)).toBeLessThan(5 * Math.sqrt(20_000));
        },
      ),
      { numRuns: 30 },
    );
  });

  it("numbers a step's arrivals after those of the step before, even if that was left early", () => {
    const plan = planOf(5);
    const whole = arrivals(plan);
    const cut = new Schedule(plan);
    cut.begin(plan.steps[0]!);
    cut.next();
    cut.begin(plan.steps[1]!);
    cut.next();
    expect(cut.index).toBe(walkSchedule(plan).perStep[0]);
    expect(whole[cut.index]).toMatchObject({ dueUs: cut.dueUs, user: cut.user });
  });
});
