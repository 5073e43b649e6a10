import { describe, expect, it } from "vitest";
import type { RunRecord } from "../../src/model/record.ts";
import { recordOf, type World } from "../../test/record-builder.ts";
import { withoutVitals } from "../../test/record-loss.ts";
import type { Ruling } from "../rule.ts";
import { viewOf } from "../view.ts";
import { externalInterference } from "./external-interference.ts";

const crowded = (more: Partial<World> = {}): RunRecord =>
  recordOf({ capacityPerSec: 400, runQueueWaitShare: 0.5, neighbourCores: 3.3, multiples: [1, 3], holdSec: 8, ...more });
const judge = (record: RunRecord): Ruling => externalInterference.judge(viewOf(record));

describe("something outside the test got in the way", () => {
  it("says yes where other processes filled the machine and the target waited for a core", () => {
    const ruling = judge(crowded());
    expect(ruling).toMatchObject({
      verdict: "yes",
      clause: "other processes kept the cores busy",
      finding: { severity: "problem" },
    });
    expect(ruling.verdict === "yes" && ruling.finding.explains).toBeCloseTo(0.5, 1);
  });

  it("says yes where the hypervisor took time away at the step that missed a limit", () => {
    const ruling = judge(recordOf({ capacityPerSec: 400, stealShare: 0.2, multiples: [1, 3], holdSec: 8 }));
    expect(ruling.verdict === "yes" && ruling.clause).toMatch(/^the hypervisor took (19|20|21).* % of the time away$/);
  });

  it("only informs where the target waited little for them", () => {
    expect(judge(crowded({ runQueueWaitShare: 0.2 }))).toMatchObject({ verdict: "yes", finding: { severity: "information" } });
  });

  it("informs where the base step was slower when repeated", () => {
    const ruling = judge(recordOf({ driftFactor: 30, multiples: [1, 3], holdSec: 8 }));
    expect(ruling).toMatchObject({ verdict: "yes", finding: { severity: "information", explains: 0 } });
  });

  it("says no where the machine was the target's", () => {
    expect(judge(recordOf({ capacityPerSec: 400, multiples: [1, 3], holdSec: 8 })).verdict).toBe("no");
  });

  it("says no where neighbours are busy but the target got its core", () => {
    expect(judge(crowded({ runQueueWaitShare: 0.05 })).verdict).toBe("no");
  });

  it("says no where a fast base step changed by less than anyone notices", () => {
    expect(judge(recordOf({ driftFactor: 1.5, multiples: [1, 3], holdSec: 8 })).verdict).toBe("no");
  });

  it("has not enough evidence without the host and without a repeat", () => {
    const record = withoutVitals(crowded(), /^host/);
    const steps = record.run.steps.filter((step) => step.role !== "repeat");
    expect(judge({ ...record, run: { ...record.run, steps } })).toMatchObject({ verdict: "not-enough-evidence" });
  });
});
