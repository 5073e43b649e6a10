import { describe, expect, it } from "vitest";
import type { RunRecord } from "../../src/model/record.ts";
import { recordOf, type World } from "../../test/record-builder.ts";
import { withoutLatency, withTally } from "../../test/record-loss.ts";
import type { Ruling } from "../rule.ts";
import { viewOf } from "../view.ts";
import { rateQuota } from "./rate-quota.ts";

const limited = (more: Partial<World> = {}): RunRecord =>
  recordOf({ quotaPerSec: 500, multiples: [1, 3, 5], holdSec: 8, ...more });
const judge = (record: RunRecord): Ruling => rateQuota.judge(viewOf(record));

describe("a quota refuses what is beyond a fixed rate", () => {
  it("says yes where two offered rates give one accepted rate and refusals are fast", () => {
    const ruling = judge(limited());
    expect(ruling).toMatchObject({ verdict: "yes", finding: { explains: 1, confidence: 0.95 } });
    expect(ruling.verdict === "yes" && ruling.clause).toMatch(/^a quota lets 500 requests a second through/);
  });

  it("says yes from the seconds of one step, less sure", () => {
    expect(judge(limited({ multiples: [1, 5] }))).toMatchObject({ verdict: "yes", finding: { confidence: 0.8 } });
  });

  it("says yes where the base step is refused already", () => {
    expect(judge(limited({ quotaPerSec: 100 })).verdict).toBe("yes");
  });

  it("says no where nothing was refused", () => {
    expect(judge(recordOf({ capacityPerSec: 700, holdSec: 5 }))).toMatchObject({
      verdict: "no",
      because: "0 % of what was due was refused with 429 or 503",
    });
  });

  it("says no where what was accepted slowed down: something is saturated", () => {
    expect(judge(limited({ quotaPerSec: 800, capacityPerSec: 700 }))).toMatchObject({
      verdict: "no",
      because: expect.stringContaining("something is saturated"),
    });
  });

  it("says no where refusals are slow: the target sheds what it queued", () => {
    const record = limited();
    const slow = record.latency.get("s3.report.response.ok");
    if (slow === undefined) throw new Error("the record has no such tag");
    const latency = new Map(record.latency).set("s2.*.service.rejected", { ...slow, count: 9, percentile: () => 900_000 });
    expect(judge({ ...record, latency })).toMatchObject({ verdict: "no", because: expect.stringContaining("sheds load") });
  });

  it("says no where one operation alone is refused: a queue of its own is full, say", () => {
    const record = limited();
    const operations = record.run.steps[2]?.tally?.operations ?? {};
    const scan = operations["scan"];
    if (scan === undefined) throw new Error("the record has no such operation");
    const ruling = judge(withTally(record, 2, { operations: { ...operations, scan: { ...scan, errors: {} } } }));
    expect(ruling).toMatchObject({
      verdict: "no",
      because: expect.stringMatching(/% of report was refused, but only 0 % of scan$/),
    });
  });

  it("says no where the accepted rate follows the offered one", () => {
    const record = limited();
    const [, , third, fifth] = record.run.steps;
    const series = record.series.map((point) =>
      point.step === fifth?.index ? Object.assign({}, point, { ok: point.ok * 1.6 }) : point,
    );
    expect(third?.role).toBe("step");
    expect(judge({ ...record, series })).toMatchObject({ verdict: "no", because: expect.stringContaining("2 offered rates") });
  });

  it("has not enough evidence in one short step", () => {
    expect(judge(limited({ multiples: [1, 5], holdSec: 3 }))).toMatchObject({ verdict: "not-enough-evidence" });
  });

  it("has not enough evidence without the latency of refusals", () => {
    expect(judge(withoutLatency(limited(), /rejected/))).toMatchObject({ verdict: "not-enough-evidence" });
  });
});
