import { describe, expect, it } from "vitest";
import { recordOf } from "../../test/record-builder.ts";
import { truthWith } from "../../test/write-truth.ts";
import type { WriteTruth } from "../../src/model/run.ts";
import { analyze } from "../index.ts";
import type { Ruling } from "../rule.ts";
import { viewOf } from "../view.ts";
import { writesLost } from "./writes-lost.ts";

const record = recordOf({ capacityPerSec: 700, holdSec: 5, multiples: [1, 2] });
const recordWith = (writes: Readonly<Record<string, WriteTruth>>) => ({ ...record, run: { ...record.run, writes } });
const judge = (writes: Readonly<Record<string, WriteTruth>>): Ruling => writesLost.judge(viewOf(recordWith(writes)));

describe("writes that were accepted and are not there", () => {
  it("are a problem from the first one on, with count, share and bounds of each operation", () => {
    const ruling = judge({
      report: truthWith({ lost: 3, examples: { lost: ["t1", "t2", "t3"], twice: [] } }),
      checkin: truthWith(),
    });
    expect(ruling).toMatchObject({
      verdict: "yes",
      clause: "3 accepted writes of those read back are lost",
      finding: {
        code: "WRITES_LOST",
        severity: "problem",
        explains: 0,
        evidence: [
          { signal: '"report" accepted and not there, such as trace t1', measured: 3, threshold: 0, unit: "writes" },
          { measured: 0.001, unit: "share" },
          // Clopper-Pearson for 3 of 3,000, one-sided 95 %.
          { measured: expect.closeTo(0.000_273, 6) as number },
          { measured: expect.closeTo(0.002_582, 5) as number },
        ],
        advice: expect.stringMatching(/\(report\).*202.*queue/s) as string,
      },
    });
    expect(judge({ report: truthWith({ lost: 1 }) })).toMatchObject({ clause: "1 accepted write of those read back is lost" });
  });

  it("are one also where a write was sent twice and is still not there", () => {
    const replays = { sent: 10, once: 9, twice: 0, missing: 1, notKnown: 0 };
    const evidence = [
      { signal: '"report" accepted and not there', measured: 1, threshold: 0, unit: "writes", window: "whole run" },
    ];
    expect(judge({ report: truthWith({ replays }) })).toMatchObject({ verdict: "yes", finding: { evidence } });
  });

  it("are ruled out where all were found, and not judged where nothing could be looked for", () => {
    expect(judge({ report: truthWith() })).toEqual({ verdict: "no", because: "3,000 accepted writes read back, none missing" });
    expect(judge({ report: truthWith({ notKnown: 3_000 }) })).toMatchObject({ verdict: "not-enough-evidence" });
    expect(writesLost.judge(viewOf(record))).toMatchObject({ verdict: "not-enough-evidence" });
  });

  it("are said in the answer beside what the load showed, and are no cause of a missed limit", () => {
    const limited = recordOf({ quotaPerSec: 500, multiples: [1, 3, 5], holdSec: 8 });
    const writes = { report: truthWith({ lost: 3, duplicated: 1 }) };
    const verdict = analyze({ ...limited, run: { ...limited.run, writes } });
    expect(verdict.answer.sentence).toMatch(
      /But 3 accepted writes of those read back are lost, and 1 accepted write of those read back was applied more than once\.$/,
    );
    expect(verdict.answer.cause).toBe("RATE_QUOTA");
    const codes = verdict.findings.map(({ code }) => code);
    expect(codes.slice(0, 3)).toEqual(["RATE_QUOTA", "WRITES_LOST", "WRITES_DUPLICATED"]);
    const healthy = analyze(recordWith(writes));
    expect(healthy.findings.map(({ code }) => code)).toEqual(["WRITES_LOST", "WRITES_DUPLICATED", "HEALTHY"]);
    expect(analyze(record).answer.sentence).not.toContain("But");
  });
});
