import { describe, expect, it } from "vitest";
import { recordOf } from "../../test/record-builder.ts";
import { SecondMeter } from "../measure/second-meter.ts";
import type { RunPlan, SafetyPlan } from "../model/plan.ts";
import type { WorkerSecond } from "./messages.ts";
import { RunGuard } from "./run-guard.ts";
import { SecondMerger, type MergedSecond } from "./seconds.ts";

const { plan: usual } = recordOf().run;
const planOf = (safety: Partial<SafetyPlan>): RunPlan => ({ ...usual, safety: { ceilings: {}, lease: null, ...safety } });

/** A second of two workers, in each of which `fill` happens. */
function secondOf(second: number, fill: (meter: SecondMeter, worker: number) => void, bytes = 0): MergedSecond {
  const merged: MergedSecond[] = [];
  const merger = new SecondMerger(2, (one) => merged.push(one));
  for (const worker of [0, 1]) {
    const meter = new SecondMeter([0]);
    fill(meter, worker);
    const rest = { worker, inFlight: 0, connections: 1, bytes, eventLoopShare: 0, totals: {} };
    merger.add({ ...meter.close(second), ...rest } satisfies WorkerSecond);
  }
  const [one] = merged;
  if (one === undefined) throw new Error("the second was not closed");
  return one;
}

const name = usual.operations[0]?.name ?? "";

describe("what must stop a run", () => {
  it("is a name that leads elsewhere by now, at the first connection that was refused for it", () => {
    const guard = new RunGuard(planOf({ abort: [] }));
    expect(guard.second(secondOf(0, (meter) => meter.error("connect:ECONNREFUSED")))).toBeNull();
    expect(guard.second(secondOf(1, (meter, worker) => worker === 1 && meter.error("connect:NOT_ALLOWED")))).toMatchObject({
      kind: "safety",
      message: expect.stringContaining("now resolves to an address that nobody allowed"),
    });
  });

  it("is an operation that fails in all workers together", () => {
    const guard = new RunGuard(planOf({ abort: [`${name} errors > 40% for 1s`] }));
    const fill = (failing: number) => (meter: SecondMeter) => {
      for (let at = 0; at < 10; at++) meter.watched.ended(0, at < failing ? "failed" : "ok", 1_000);
    };
    expect(guard.second(secondOf(0, fill(4)))).toBeNull();
    expect(guard.second(secondOf(1, fill(5)))).toMatchObject({
      kind: "safety",
      message: expect.stringContaining("50 % of 20 requests"),
    });
  });

  it("is too many bytes, those of a worker that does not report now counted as they were", () => {
    const guard = new RunGuard(planOf({ abort: [], ceilings: { bytes: 1_000 } }));
    expect(guard.second(secondOf(0, () => undefined, 500))).toBeNull();
    const { point, response, workers } = secondOf(1, () => undefined, 501);
    expect(guard.second({ point, response, workers: workers.slice(1) })).toMatchObject({
      kind: "safety",
      message: expect.stringContaining("1,001 bytes"),
    });
  });

  it("is nothing of this for a scenario that says nothing, while something is answered", () => {
    const guard = new RunGuard(usual);
    for (let second = 0; second < 60; second++) {
      const merged = secondOf(second, (meter) => {
        meter.counts.failed += 49;
        meter.counts.ok += 1;
      });
      expect(guard.second(merged)).toBeNull();
    }
  });
});

it("says of a rule that it watches a metric which is not there, once", () => {
  const guard = new RunGuard({
    ...planOf({ abort: ["metric nowhere > 1 for 3s"] }),
    observe: { prometheus: "/metrics", pids: [] },
  });
  const scrape = { t: 0, source: "app", signal: "scrape.up", value: 1 };
  const said = Array.from({ length: 9 }, () => guard.blindRules(scrape)).flat();
  expect(said).toEqual(["metric nowhere > 1 for 3s"]);
});
