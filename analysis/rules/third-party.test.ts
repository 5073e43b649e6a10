import { describe, expect, it } from "vitest";
import type { RunRecord } from "../../src/model/record.ts";
import { recordOf, type World } from "../../test/record-builder.ts";
import { withoutLanes, withoutVitals } from "../../test/record-loss.ts";
import type { Ruling } from "../rule.ts";
import { viewOf } from "../view.ts";
import { thirdParty } from "./third-party.ts";

const budgets = ["report response p90 <= 200ms", "scan response p99 <= 200ms"];
const slow = (more: Partial<World> = {}): RunRecord =>
  recordOf({ labLatencyUs: (multiple) => (multiple > 1 ? 400_000 : 5_000), multiples: [1, 3], holdSec: 8, budgets, ...more });
const judge = (record: RunRecord): Ruling => thirdParty.judge(viewOf(record));
const saturated = (): RunRecord =>
  recordOf({ capacityPerSec: 500, multiples: [1, 3], holdSec: 8, budgets: ["report response p90 <= 200ms"] });

describe("somebody else's system takes the time", () => {
  it("says yes where its entry grew by what the step slowed down", () => {
    const ruling = judge(slow());
    expect(ruling).toMatchObject({ verdict: "yes", finding: { severity: "problem" } });
    expect(ruling.verdict === "yes" && ruling.finding.explains).toBeGreaterThan(0.9);
    expect(ruling.verdict === "yes" && ruling.clause).toMatch(
      /^the third party "lab" takes (39|40)\d ms a call, up from (4.9|5)\d* ms/,
    );
  });

  it("says yes where it was slow at the base step already, by its share of the time itself", () => {
    const ruling = judge(slow({ labLatencyUs: 400_000 }));
    expect(ruling).toMatchObject({ verdict: "yes", finding: { severity: "problem" } });
    expect(ruling.verdict === "yes" && ruling.clause).toMatch(/% of the time$/);
  });

  it("says no where it is as slow as at the base step, which held: refusals missed the limit, not time", () => {
    const ruling = judge(
      recordOf({ labLatencyUs: 30_000, quotaPerSec: 300, multiples: [1, 3], holdSec: 8, budgets: ["errors <= 1%"] }),
    );
    expect(ruling).toMatchObject({ verdict: "no", because: expect.stringContaining("no longer than at the base step") });
  });

  it("finds an entry that only sounds like a third party", () => {
    const record = slow();
    const plan = { ...record.run.plan, thirdParties: {} };
    expect(judge({ ...record, run: { ...record.run, plan } }).verdict).toBe("yes");
  });

  it("only informs where it is slow and no limit was missed", () => {
    const ruling = judge(slow({ budgets: ["errors <= 1%"] }));
    expect(ruling).toMatchObject({ verdict: "yes", finding: { severity: "information" } });
  });

  it("is less sure without a trivial lane", () => {
    expect(judge(withoutLanes(slow()))).toMatchObject({ verdict: "yes", finding: { confidence: 0.7 } });
  });

  it("says no where a full core delays the trivial lane and the third party's answers alike", () => {
    expect(judge(saturated())).toMatchObject({
      verdict: "no",
      because: expect.stringContaining("the trivial lane slowed down too"),
    });
  });

  it("says no where a thread is full and no lane can clear it", () => {
    expect(judge(withoutLanes(saturated()))).toEqual({ verdict: "no", because: "a thread of health-code worker 1 is full" });
  });

  it("says no where all is fast", () => {
    expect(judge(slow({ labLatencyUs: 5_000 })).verdict).toBe("no");
  });

  it("says no where the missed limit is about operations that do not call it", () => {
    const ruling = judge(slow({ budgets: ["scan response p99 <= 100us"] }));
    expect(ruling).toMatchObject({
      verdict: "no",
      because: expect.stringContaining("no Server-Timing entry names a third party"),
    });
  });

  it("has not enough evidence where replies carry no Server-Timing", () => {
    expect(judge(withoutVitals(slow(), /^servertiming/))).toMatchObject({ verdict: "not-enough-evidence" });
  });
});
