import { describe, expect, it } from "vitest";
import type { RunRecord } from "../../src/model/record.ts";
import { recordOf, type World } from "../../test/record-builder.ts";
import { crashedAt, withoutLatency, withoutVitals } from "../../test/record-loss.ts";
import type { Ruling } from "../rule.ts";
import { viewOf } from "../view.ts";
import { generatorLimited } from "./generator-limited.ts";

const starved = (more: Partial<World> = {}): RunRecord =>
  recordOf({ generatorCapacityPerSec: 700, multiples: [1, 5], holdSec: 8, ...more });
const judge = (record: RunRecord): Ruling => generatorLimited.judge(viewOf(record));

describe("the load generator was the limit", () => {
  it("is a problem that explains the lag's part of the response", () => {
    const ruling = judge(starved());
    expect(ruling).toMatchObject({ verdict: "yes", finding: { severity: "problem" } });
    expect(ruling.verdict === "yes" && ruling.finding.explains).toBeGreaterThan(0.95);
    expect(ruling.verdict === "yes" && ruling.finding.evidence.map((one) => one.signal)).toEqual([
      "dispatched / due",
      "lag p99",
      expect.stringMatching(/^generator\/worker-0 /),
    ]);
  });

  it("is information where the target broke at a lower step", () => {
    expect(judge(starved({ capacityPerSec: 300, multiples: [1, 2, 5] }))).toMatchObject({
      verdict: "yes",
      finding: { severity: "information", explains: 0 },
    });
  });

  it("says no where the schedule was kept", () => {
    expect(judge(recordOf({ holdSec: 5 })).verdict).toBe("no");
  });

  it("has not enough evidence without lag, or without a finished step", () => {
    const blind = withoutVitals(withoutLatency(recordOf({ holdSec: 5 }), /\.lag\./), /^generator/);
    expect(judge(blind)).toMatchObject({ verdict: "not-enough-evidence" });
    expect(judge(crashedAt(recordOf({ holdSec: 5 }), 0))).toMatchObject({ verdict: "not-enough-evidence" });
  });
});
