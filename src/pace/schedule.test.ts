import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JourneyPlan, StepPlan } from "../model/plan.ts";
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
    journeys: [],
    users: { name: "citizens", pool: 1_000, popularity: "zipf" },
  };
}

/** Holds and ramps, operations and journeys. */
function everything(seed: number): SchedulePlan {
  const steps: StepPlan[] = [
    { index: 0, role: "warmup", multiple: 1, ratePerSec: 200, holdUs: 500_000 },
    { index: 1, role: "ramp", multiple: 2, fromRatePerSec: 0, ratePerSec: 400, holdUs: 2_000_000 },
    { index: 2, role: "step", multiple: 2, ratePerSec: 400, holdUs: 1_000_000, follows: true },
    { index: 3, role: "ramp", multiple: 0, fromRatePerSec: 400, ratePerSec: 0, holdUs: 1_000_000, follows: true },
  ];
  return { ...planOf(seed), steps, journeys: [visit, { ...visit, name: "other", weight: 2 }] };
}

const visit: JourneyPlan = {
  name: "visit",
  weight: 5,
  steps: [
    { operation: 0, thinkUs: [0, 0] },
    { operation: 2, thinkUs: [0, 1_000_000] },
    { operation: 0, thinkUs: [0, 0] },
  ],
};

interface Arrival {
  index: number;
  dueUs: number;
  entry: number;
  user: number;
}

function arrivals(plan: SchedulePlan, shard = { index: 0, of: 1 }): Arrival[] {
  const schedule = new Schedule(plan, shard);
  const all: Arrival[] = [];
  for (const step of plan.steps) {
    schedule.begin(step);
    while (schedule.next()) {
      const { index, dueUs, entry, user } = schedule;
      all.push({ index, dueUs, entry, user });
    }
  }
  return all;
}

describe("a schedule", () => {
  it("is cut into shards that together make the whole, arrival by arrival and hash by hash", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), fc.integer({ min: 1, max: 8 }), (seed, of) => {
        const plan = everything(seed);
        const parts = Array.from({ length: of }, (_, index) => arrivals(plan, { index, of }));
        expect(parts.flat().toSorted((a, b) => a.index - b.index)).toEqual(arrivals(plan));
        const sum = new ScheduleHash();
        for (const part of parts) {
          const hash = new ScheduleHash();
          for (const one of part) hash.add(one.index, one.dueUs, one.entry, one.user);
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

  it("picks among operations and journeys by weight", () => {
    const plan = { ...planOf(3, "poisson", [10_000], 10_000_000), journeys: [visit, { ...visit, name: "other", weight: 5 }] };
    const shares = [0, 1, 2, 3, 4].map((entry) => arrivals(plan).filter((one) => one.entry === entry).length / 100_000);
    for (const [entry, share] of [0.45, 0.05, 0, 0.25, 0.25].entries()) expect(shares[entry]).toBeCloseTo(share, 1);
    expect(shares[2]).toBe(0);
  });

  it("counts a journey as one arrival, and at most one request for each of its steps", () => {
    const plan = { ...planOf(3), journeys: [visit] };
    const arrived = arrivals(plan);
    const visits = arrived.filter((one) => one.entry === 3).length;
    const own = (entry: number) => arrived.filter((one) => one.entry === entry).length;
    expect(walkSchedule(plan)).toMatchObject({
      requests: arrived.length + 2 * visits,
      writes: own(1) + visits,
      perOperation: { scan: own(0) + 2 * visits, report: own(1), citizen: visits },
    });
    expect(walkSchedule(plan).perStep.reduce((a, b) => a + b)).toBe(arrived.length);
  });

  it("is what it was before there were journeys and ramps, so that stored runs can be made again", () => {
    expect(walkSchedule(planOf(7)).hash).toBe("b3b53d8ee455e40f");
    expect(walkSchedule(planOf(7, "uniform", [333.3])).hash).toBe("1f8f90c90ed8b01b");
    expect(walkSchedule(planOf(7, "burst", [333.3])).hash).toBe("9e07d202272ef014");
  });

  it("refuses an arrival that has no due time, which a load thread would wait for without an end", () => {
    const plan = planOf(5, "uniform", [Number.NaN]);
    expect(() => walkSchedule(plan)).toThrow("arrival 0 has no due time");
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
