import { describe, expect, it } from "vitest";
import { SecondMeter } from "./second-meter.ts";
import { readServerTiming } from "./server-timing.ts";
import { StepMeter, addTally, countError, emptyTally } from "./step-meter.ts";

const answered = { operation: 0, outcome: "ok", errorKey: null, lagUs: 10, waitUs: 20, serviceUs: 300, responseUs: 330 } as const;

describe("a step's meter", () => {
  it("keeps clocks apart by operation and outcome, and counts what was never sent without inventing a latency", () => {
    const meter = new StepMeter(2, 0);
    meter.settle(answered);
    meter.settle({ ...answered, operation: 1, outcome: "rejected", errorKey: "status:429", responseUs: 90 });
    meter.settle({
      ...answered,
      outcome: "failed",
      errorKey: "unsent",
      waitUs: undefined,
      serviceUs: undefined,
      responseUs: undefined,
    });
    expect(meter.tallies[0]).toMatchObject({ sent: 1, done: 1, ok: 1, failed: 1, errors: { unsent: 1 } });
    expect(meter.tallies[1]).toMatchObject({ sent: 1, done: 1, rejected: 1, errors: { "status:429": 1 } });
    const seen = meter.metered().map(({ operation, clock, outcome }) => `${operation}.${clock}.${outcome}`);
    expect(seen).toContain("0.lag.failed");
    expect(seen).not.toContain("0.response.failed");
    expect(seen).toContain("1.response.rejected");
  });

  it("adds tallies up, error by error", () => {
    const sum = emptyTally();
    addTally(sum, { ...emptyTally(), due: 3, errors: { "status:500": 2 } });
    expect(sum).not.toHaveProperty("retried");
    addTally(sum, { ...emptyTally(), due: 1, errors: { "status:500": 1, unsent: 4 }, retried: { timeout: 2 } });
    expect(sum).toMatchObject({ due: 4, errors: { "status:500": 3, unsent: 4 }, retried: { timeout: 2 } });
  });

  it("keeps attempts that are followed by another one apart from errors, and phases apart from clocks", () => {
    const meter = new StepMeter(1, 1);
    meter.retried(0, "status:503");
    meter.phase("tls", 1_500);
    meter.phase("body", 40);
    meter.journey(0, "cut");
    expect(meter.tallies[0]).toMatchObject({ failed: 0, errors: {}, retried: { "status:503": 1 } });
    expect(meter.metered()).toEqual([]);
    expect(meter.meteredPhases().map(({ phase }) => phase)).toEqual(["tls", "body"]);
    expect(meter.journeys).toEqual([{ started: 1, completed: 0, broken: 0, cut: 1 }]);
  });

  it("bounds how many error keys a hostile target can make us keep", () => {
    const errors: Record<string, number> = {};
    for (let n = 0; n < 1_000; n++) countError(errors, `status:${n}`);
    expect(Object.keys(errors).length).toBeLessThanOrEqual(101);
    expect(Object.values(errors).reduce((a, b) => a + b, 0)).toBe(1_000);
  });
});

describe("a second's meter", () => {
  it("reports what happened since the last second and starts again from nothing", () => {
    const meter = new SecondMeter();
    meter.dispatched(400);
    meter.answered(2_000, 200);
    meter.serverTiming(0, "lab", 1_000);
    meter.serverTiming(0, "lab", 3_000);
    const first = meter.close(7);
    expect(first).toMatchObject({ second: 7, counts: { dispatched: 1, done: 1, statuses: { "200": 1 } } });
    expect(first.serverTiming).toEqual([{ operation: 0, entry: "lab", meanUs: 2_000, count: 2 }]);
    expect(meter.close(8).counts.dispatched).toBe(0);
  });
});

describe("Server-Timing", () => {
  it.each([
    [
      "cache;dur=0.25, lab;dur=20",
      [
        ["cache", 250],
        ["lab", 20_000],
      ],
    ],
    ['db;desc="a query";dur=3', [["db", 3_000]]],
    ["miss, total;DUR=1", [["total", 1_000]]],
    [";;;,=,dur=4", []],
  ])("reads %s", (header, expected) => {
    const seen: [string, number][] = [];
    readServerTiming(header, (name, us) => seen.push([name, us]));
    expect(seen).toEqual(expected);
  });
});
