import { describe, expect, it } from "vitest";
import { clockOf, stepPlan, World } from "./simulated-world.fixture.ts";

it("takes up with a reply what fell due since the last tick", () => {
  const plan = { steps: [stepPlan(0, { ratePerSec: 10_000 })], pace: "uniform" as const };
  const lagWhere = (afterUs: number): number => {
    const world = new World({ plan, operations: { get: {} }, serve: () => ({ afterUs }) });
    world.beginAll(world.nowUs);
    world.runUntil(() => world.done.length === 1);
    return clockOf([world.done[0]!.step], "lag").percentile(50);
  };
  // Replies that come at the ticks are no help; those that come between them are.
  expect(lagWhere(5_000)).toBeGreaterThan(400);
  expect(lagWhere(5_300)).toBeLessThan(300);
});

it("ends the run with the next tick where a request cannot be made for an arrival that a reply let it take up", () => {
  const plan = { steps: [stepPlan(0, { ratePerSec: 10_000 })], pace: "uniform" as const };
  const make = (index: number): void => {
    if (index === 55) throw new RangeError("no such row");
  };
  const world = new World({ plan, operations: { get: {} }, serve: () => ({ afterUs: 5_300 }), make });
  world.beginAll(world.nowUs);
  expect(() => world.runUntil(() => world.done.length === 1)).toThrow("no such row");
});

describe("what is still open long after its deadline", () => {
  it("is aborted, once no healthy request of a following step can be hit", () => {
    const steps = [stepPlan(0), stepPlan(1, { follows: true, holdUs: 4_000_000 })];
    const serve = ({ index }: { index: number }) => ({
      afterUs: 50_000,
      ...(index === 7 ? { afterUs: null, isLost: true as const } : {}),
    });
    const world = new World({ plan: { steps }, operations: { get: {} }, serve });
    world.beginAll(world.nowUs);
    world.runUntil(() => world.done.length === 2);
    expect(world.done.map(({ step }) => step.meter.tallies[0])).toMatchObject([
      { ok: 99, failed: 1, errors: { aborted: 1 } },
      { ok: 400, failed: 0 },
    ]);
  });

  it("is not what a stalled loop has not looked at yet", () => {
    const world = new World({ plan: { steps: [stepPlan(0)] }, operations: { get: {} }, serve: () => ({ afterUs: 100_000 }) });
    world.beginAll(world.nowUs);
    world.runUntil(() => world.sent.length === 100);
    world.nowUs += 3_000_000;
    world.engine.tick(world.nowUs);
    world.runUntil(() => world.done.length === 1);
    expect(world.done[0]!.step.meter.tallies[0]).toMatchObject({ ok: 100, failed: 0 });
  });
});

it("lets reads go on time while a write before them waits for the disk, and gives it up unsent at its deadline", () => {
  const world = new World({
    plan: { steps: [stepPlan(0)], pace: "poisson" },
    operations: { get: {}, put: { kind: "write" } },
    syncUs: (ticket) => (ticket < 10 ? 0 : 10_000_000),
  });
  world.beginAll(world.nowUs);
  world.runUntil(() => world.done.length === 1);
  const [get, put] = world.done[0]!.step.meter.tallies;
  const lateUs = world.sent.filter((one) => one.operation === 0).map((one) => one.dispatchedUs - one.dueUs);
  expect(Math.max(...lateUs)).toBeLessThanOrEqual(1_000);
  expect(get!.dispatched).toBe(get!.due);
  expect(put).toMatchObject({ dispatched: 9, ok: 9, failed: put!.due - 9, errors: { unsent: put!.due - 9 } });
  expect(world.outcomes.filter((line) => line.r === "unsent")).toHaveLength(put!.due - 9);
});

it("journals as unsent, when it is stopped, what was journaled ahead and not sent", () => {
  const world = new World({
    plan: { steps: [stepPlan(0)] },
    operations: { put: { kind: "write", retry: { attempts: 3, backoff: "fixed", base: "10s", max: "10s" } } },
    serve: () => ({ afterUs: 5_000, status: 500 }),
  });
  world.beginAll(world.nowUs);
  world.runUntil(() => world.sent.length === 50);
  world.engine.stop();
  world.runUntil(() => world.inFlight === 0);
  expect(world.outcomes).toHaveLength(world.intents.length);
  expect(new Set(world.outcomes.map(({ n }) => n)).size).toBe(world.intents.length);
});

it("has requests counted by their last attempts, when it is stopped between two of them", () => {
  const world = new World({
    plan: { steps: [stepPlan(0)] },
    operations: { get: { retry: { attempts: 3, backoff: "fixed", base: "500ms", jitter: 0 } } },
    serve: () => ({ afterUs: 5_000, status: 503 }),
  });
  world.beginAll(world.nowUs);
  world.runUntil(() => world.ended.length === 40);
  world.engine.stop();
  expect(world.counted.toSorted((a, b) => a.index - b.index)).toEqual(world.ended);
});
