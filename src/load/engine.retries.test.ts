import { describe, expect, it } from "vitest";
import { clockOf, stepPlan, World } from "./simulated-world.fixture.ts";

const deadlineOf = (deadlineUs: number) => ({
  ...new World({ plan: { steps: [] }, operations: {} }).plan.connections,
  deadlineUs,
});

describe("a retry policy", () => {
  it("has one request tried again, each attempt at a write journaled before it is sent and after the last one's outcome", () => {
    const world = new World({
      plan: { steps: [stepPlan(0, { ratePerSec: 10 })] },
      operations: { put: { kind: "write", retry: { attempts: 3, backoff: "fixed", base: "20ms", jitter: 0 } } },
      serve: ({ attempt }) => ({ afterUs: 5_000, status: attempt < 3 ? 503 : 200 }),
    });
    world.beginAll(world.nowUs);
    world.runUntil(() => world.done.length === 1);
    const { meter } = world.done[0]!.step;
    const once = { due: 10, dispatched: 10, sent: 10, done: 10, ok: 10, rejected: 0, failed: 0, errors: {} };
    expect(meter.tallies[0]).toEqual({ ...once, retried: { "status:503": 20 } });
    const ofFirst = [...world.intents, ...world.outcomes].filter(({ n }) => n === 0).toSorted((a, b) => a.at - b.at);
    expect(ofFirst.map((line) => ("r" in line ? `${line.a} ${line.r}` : `${line.a}`))).toEqual([
      "1",
      "1 unknown",
      "2",
      "2 unknown",
      "3",
      "3 created",
    ]);
    // Three attempts of 5 ms and two waits of 20 ms between them, to the tick.
    expect(Math.abs(clockOf([world.done[0]!.step], "response").percentile(50) - 55_000)).toBeLessThanOrEqual(3_000);
    expect(world.seconds.counts).toMatchObject({ dispatched: 10, retries: 20 });
    expect(world.done[0]!.occupancy?.residenceUs).toBeCloseTo(30 * 5_000, 0);
  });

  it("waits at least as long as Retry-After asks, and gives up where that is beyond the deadline", () => {
    const world = new World({
      plan: { steps: [stepPlan(0, { ratePerSec: 2 })], connections: deadlineOf(5_000_000) },
      operations: { get: { retry: { attempts: 9, backoff: "none" } } },
      serve: ({ index, attempt }) => {
        const seconds = index === 0 ? 2 : 9;
        return attempt === 1
          ? { afterUs: 1_000, status: 429, head: `HTTP/1.1 429 No\r\nRetry-After: ${seconds}\r\n\r\n` }
          : { afterUs: 1_000 };
      },
    });
    world.beginAll(world.nowUs);
    world.runUntil(() => world.done.length === 1);
    expect(world.done[0]!.step.meter.tallies[0]).toMatchObject({ ok: 1, rejected: 1, retried: { "status:429": 1 } });
    const [first, second] = world.sent.filter(({ index }) => index === 0);
    expect(second!.dispatchedUs - first!.dispatchedUs).toBeGreaterThanOrEqual(2_000_000);
  });

  it("counts what was sent and answered also where the disk keeps the next attempt from being made", () => {
    const world = new World({
      plan: { steps: [stepPlan(0, { ratePerSec: 10 })] },
      operations: { put: { kind: "write", retry: { attempts: 2, backoff: "none" } } },
      serve: () => ({ afterUs: 5_000, status: 503 }),
      syncUs: (ticket) => (ticket <= 10 ? 0 : 10_000_000),
    });
    // All first attempts are journaled in time, and none of the others.
    world.beginAll(world.nowUs + 1_000);
    world.runUntil(() => world.done.length === 1);
    const tally = { due: 10, dispatched: 10, sent: 10, done: 10, ok: 0, rejected: 0, failed: 10 };
    expect(world.done[0]!.step.meter.tallies[0]).toMatchObject({
      ...tally,
      errors: { unsent: 10 },
      retried: { "status:503": 10 },
    });
    expect(world.failed).toEqual(world.ended.map((before) => ({ before, errorKey: "unsent" })));
  });

  it("gives each attempt its own deadline, and all of them together the request's", () => {
    const world = new World({
      plan: { steps: [stepPlan(0, { ratePerSec: 5 })] },
      operations: { get: { retry: { attempts: 99, backoff: "none", attemptDeadline: "300ms" } } },
      serve: () => ({ afterUs: null }),
    });
    world.beginAll(world.nowUs);
    world.runUntil(() => world.done.length === 1);
    expect(world.sent.filter(({ index }) => index === 0)).toHaveLength(4);
    for (const flight of world.ended) expect(flight.doneUs).toBeLessThanOrEqual(flight.dueUs + 1_001_000);
    expect(world.done[0]!.step.meter.tallies[0]).toMatchObject({ failed: 5, retried: { "timeout:sent": 15 } });
  });
});
