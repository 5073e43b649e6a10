import { describe, expect, it } from "vitest";
import { walkSchedule } from "../pace/schedule.ts";
import { ScheduleHash } from "../pace/schedule-hash.ts";
import { clockOf, stepPlan, World } from "./simulated-world.fixture.ts";

describe("steps that follow one another", () => {
  it("are walked across the seam without any lag, while the last requests of the one before are still under way", () => {
    const steps = [
      stepPlan(0, { ratePerSec: 500 }),
      stepPlan(1, { ratePerSec: 1_000, follows: true }),
      stepPlan(2, { follows: true }),
    ];
    const world = new World({ plan: { steps }, operations: { get: {} }, serve: () => ({ afterUs: 700_000 }) });
    world.beginAll(world.nowUs + 300_000);
    world.runUntil(() => world.done.length === 3);
    const running = world.done.map(({ step }) => step);
    expect(running.map(({ meter }) => meter.tallies[0])).toMatchObject([
      { due: 500, dispatched: 500, ok: 500 },
      { due: 1_000, dispatched: 1_000, ok: 1_000 },
      { due: 100, dispatched: 100, ok: 100 },
    ]);
    expect(clockOf(running, "lag").maxUs).toBeLessThanOrEqual(1_000);
    // Nothing waited for the 700 ms that the last replies of a step take.
    expect(world.done.map(({ atUs, step: { endUs } }) => Math.round((atUs - endUs) / 100_000))).toEqual([7, 7, 7]);
    const hash = new ScheduleHash();
    for (const { hash: part } of running) hash.merge(part.parts);
    expect(hash.digest()).toBe(walkSchedule(world.plan).hash);
  });

  it("journal the next step's first writes before its time has come", () => {
    const steps = [stepPlan(0), stepPlan(1, { follows: true })];
    const world = new World({ plan: { steps }, operations: { put: { kind: "write" } }, syncUs: () => 200_000 });
    world.beginAll(world.nowUs + 300_000);
    world.runUntil(() => world.done.length === 2);
    expect(clockOf([world.done[1]!.step], "lag").maxUs).toBeLessThanOrEqual(1_000);
  });

  it("have one occupancy together, in which the transport and the requests agree", () => {
    const steps = [stepPlan(0), stepPlan(1, { follows: true }), stepPlan(2)];
    const world = new World({ plan: { steps }, operations: { get: {} }, serve: () => ({ afterUs: 30_000 }) });
    world.engine.begin(steps[0]!, world.nowUs);
    world.engine.begin(steps[1]!, world.nowUs + 1_000_000);
    world.runUntil(() => world.done.length === 2);
    world.engine.begin(steps[2]!, world.nowUs + 300_000);
    world.runUntil(() => world.done.length === 3);
    const [first, second, third] = world.done.map(({ occupancy }) => occupancy);
    expect(first).toBeNull();
    expect(second?.residenceUs).toBeCloseTo(200 * 30_000, 0);
    expect(second?.inFlightUs).toBeCloseTo(200 * 30_000, 0);
    expect(third?.inFlightUs).toBeCloseTo(100 * 30_000, 0);
  });
});
