import { describe, expect, it } from "vitest";
import type { RunRecord } from "../../src/model/record.ts";
import { metricSignal } from "../../src/model/vitals.ts";
import { recordOf, type World } from "../../test/record-builder.ts";
import { withoutVitals } from "../../test/record-loss.ts";
import type { Ruling } from "../rule.ts";
import { viewOf } from "../view.ts";
import { queueBacklog } from "./queue-backlog.ts";

const piling = (more: Partial<World> = {}): RunRecord =>
  recordOf({ queueDrainPerSec: 40, multiples: [1, 3], holdSec: 10, ...more });
const judge = (record: RunRecord): Ruling => queueBacklog.judge(viewOf(record));

/** A record whose queue depth follows a function of the seconds since the run's start. */
const depthOf = (depth: (second: number) => number, name = "health_code_queue_depth"): RunRecord => {
  const record = withoutVitals(recordOf({ multiples: [1], holdSec: 12 }), /^metric:/);
  const signal = metricSignal(name, { queue: "checkins" });
  const samples = Array.from({ length: 40 }, (_, at) => ({ t: at * 1e6, source: "app", signal, value: depth(at) }));
  return { ...record, vitals: [...record.vitals, ...samples] };
};

describe("a queue of the target grows", () => {
  it("says yes though every reply is fast, and says when the queue is full", () => {
    const ruling = judge(piling());
    expect(ruling).toMatchObject({ verdict: "yes", finding: { severity: "problem" } });
    expect(ruling.verdict === "yes" && ruling.clause).toMatch(
      /^health_code_queue_depth grows by \d+ a second at 3x and is full after/,
    );
    expect(ruling.verdict === "yes" && ruling.finding.evidence.map((one) => one.unit)).toEqual(["1/s", "1/s", "items", "s"]);
  });

  it("judges it at the lowest step at which it grows", () => {
    const ruling = judge(piling({ multiples: [1, 3, 5] }));
    expect(ruling.verdict === "yes" && ruling.finding.evidence[0]?.window).toMatch(/\(3x\)$/);
  });

  it("says yes without a capacity, and then says no time", () => {
    const ruling = judge(depthOf((second) => second * 20));
    expect(ruling.verdict === "yes" && ruling.clause).toBe(
      'health_code_queue_depth{queue="checkins"} grows by 20 a second at 1x',
    );
  });

  it("says yes where it filled up and stays full", () => {
    const record = depthOf((second) => Math.min(500, second * 100));
    const signal = metricSignal("health_code_queue_capacity", {});
    const capacity = record.series.map(({ t }) => ({ t, source: "app", signal, value: 500 }));
    const ruling = judge({ ...record, vitals: [...record.vitals, ...capacity] });
    expect(ruling.verdict === "yes" && ruling.clause).toBe('health_code_queue_depth{queue="checkins"} is full at 1x');
  });

  it.each(["jobs_backlog", "queue_length", "work_queue_size", "queue_messages_waiting"])("knows %s for a queue", (name) => {
    expect(judge(depthOf((second) => second * 20, name)).verdict).toBe("yes");
  });

  it.each(["queue_size_limit", "queue_wait_seconds", "queue_length_total", "requests_waiting"])(
    "does not take %s for one",
    (name) => {
      expect(judge(depthOf((second) => second * 20, name)).verdict).toBe("not-enough-evidence");
    },
  );

  it.each([
    ["is empty", () => 0],
    ["is deep but steady", (second: number) => 500 + (second % 3)],
    ["falls", (second: number) => 5_000 - second * 20],
    ["takes up a burst and then stays", (second: number) => Math.min(300, second * 60)],
    ["breathes", (second: number) => 50 + 40 * Math.sin(second)],
    ["gains less than anyone would notice", (second: number) => second * 0.2],
  ])("says no where it %s", (_, depth) => {
    expect(judge(depthOf(depth))).toEqual({ verdict: "no", because: expect.stringContaining("no queue grew") });
  });

  it("has not enough evidence without such a metric, or with too few samples", () => {
    expect(judge(withoutVitals(piling(), /^metric:/)).verdict).toBe("not-enough-evidence");
    expect(judge(piling({ holdSec: 3 })).verdict).toBe("not-enough-evidence");
  });
});
