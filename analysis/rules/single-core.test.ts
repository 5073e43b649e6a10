import { describe, expect, it } from "vitest";
import type { RunRecord } from "../../src/model/record.ts";
import { recordOf, type World } from "../../test/record-builder.ts";
import { withoutLanes, withoutVitals } from "../../test/record-loss.ts";
import type { Ruling } from "../rule.ts";
import { viewOf } from "../view.ts";
import { singleCore } from "./single-core.ts";

const saturated = (more: Partial<World> = {}): RunRecord =>
  recordOf({ capacityPerSec: 700, multiples: [1, 5], holdSec: 8, ...more });
const judge = (record: RunRecord): Ruling => singleCore.judge(viewOf(record));

describe("one thread of the target is full", () => {
  it("says yes where a full thread delays the trivial lane as much as everything else", () => {
    const ruling = judge(saturated());
    expect(ruling).toMatchObject({ verdict: "yes", finding: { severity: "problem", confidence: 0.9 } });
    expect(ruling.verdict === "yes" && ruling.finding.explains).toBeGreaterThan(0.8);
    expect(ruling.verdict === "yes" && ruling.clause).toMatch(
      /^one thread of health-code worker 1 is at 9\d.* % of a core while the other cores idle$/,
    );
  });

  it("gives numbers that the record shows again: the thread's CPU, its wait, the lane and the service time", () => {
    const ruling = judge(saturated());
    const signals = ruling.verdict === "yes" ? ruling.finding.evidence.map((one) => one.signal) : [];
    expect(signals).toEqual([
      "thread/4001/4001 cpu.cores (health-code worker 1)",
      "thread/4001/4001 cpu.cores + runqueue.wait.share (health-code worker 1)",
      "host busy.share of the other cores",
      "trivial lane, growth of the mean",
      "connect lane, mean (the kernel answers it)",
      "service, growth of the mean",
    ]);
  });

  it("counts the wait for a core as demand, since the generator shares the machine", () => {
    expect(judge(saturated({ runQueueWaitShare: 0.14, cores: 2 })).verdict).toBe("yes");
  });

  it("says yes at the base step too, where there is nothing lower to compare with", () => {
    expect(judge(saturated({ capacityPerSec: 150 })).verdict).toBe("yes");
  });

  it("is less sure without a trivial lane", () => {
    expect(judge(withoutLanes(saturated()))).toMatchObject({ verdict: "yes", finding: { confidence: 0.6, explains: 0.5 } });
  });

  it("says no where no step missed a limit", () => {
    expect(judge(recordOf({ holdSec: 5 }))).toEqual({ verdict: "no", because: "no step missed a limit" });
  });

  it("says no where the thread has time left", () => {
    const slow = judge(recordOf({ labLatencyUs: 400_000, budgets: ["report response p90 <= 200ms"], multiples: [2] }));
    expect(slow).toMatchObject({
      verdict: "no",
      because: expect.stringContaining("the busiest thread (health-code worker 1) used"),
    });
  });

  it("says no where the thread mostly waited for a core that others used", () => {
    const ruling = judge(saturated({ runQueueWaitShare: 0.5 }));
    expect(ruling).toMatchObject({ verdict: "no", because: expect.stringContaining("others held it up") });
  });

  it("says no where several threads of the target fill all cores", () => {
    const ruling = judge(saturated({ capacityPerSec: 350, threads: 2, cores: 2 }));
    expect(ruling).toEqual({ verdict: "no", because: "2 threads of the target fill all 2 cores" });
  });

  it("says no where the trivial lane stayed fast: the full thread is not on the way of requests", () => {
    const record = saturated();
    const flat = { connectUs: 150, freshUs: 500, keptUs: 300 };
    const ruling = judge({ ...record, series: record.series.map((point) => Object.assign({}, point, { lanes: flat })) });
    expect(ruling).toEqual({ verdict: "no", because: "a thread is full, but the trivial lane stayed fast" });
  });

  it("has not enough evidence without samples of the target's threads", () => {
    expect(judge(withoutVitals(saturated(), /^thread/))).toMatchObject({ verdict: "not-enough-evidence" });
  });
});
