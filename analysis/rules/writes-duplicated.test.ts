import { describe, expect, it } from "vitest";
import { recordOf } from "../../test/record-builder.ts";
import { truthWith } from "../../test/write-truth.ts";
import type { WriteTruth } from "../../src/model/run.ts";
import type { Ruling } from "../rule.ts";
import { viewOf } from "../view.ts";
import { writesDuplicated } from "./writes-duplicated.ts";

const record = recordOf({ capacityPerSec: 700, holdSec: 5, multiples: [1] });
const judge = (writes: Readonly<Record<string, WriteTruth>>): Ruling =>
  writesDuplicated.judge(viewOf({ ...record, run: { ...record.run, writes } }));
const replays = { sent: 30, once: 28, twice: 2, missing: 0, notKnown: 0 };

describe("writes that were applied more than once", () => {
  it("are a problem, with count, share and bounds", () => {
    const ruling = judge({
      report: truthWith({ duplicated: 2, examples: { lost: ["t9"], twice: ["t1", "t2"] } }),
      checkin: truthWith(),
    });
    expect(ruling).toMatchObject({
      verdict: "yes",
      clause: "2 accepted writes of those read back were applied more than once",
      finding: {
        code: "WRITES_DUPLICATED",
        severity: "problem",
        evidence: [{ signal: '"report" applied more than once, such as trace t1', measured: 2 }, {}, {}, {}],
      },
    });
  });

  it("are told apart where they were sent twice on purpose: the key did not hold", () => {
    expect(judge({ report: truthWith({ replays }) })).toMatchObject({
      verdict: "yes",
      finding: { evidence: [{ signal: '"report" sent twice with one key, and applied twice, of 30', measured: 2 }] },
    });
  });

  it("are ruled out where each was applied once", () => {
    const once = { ...replays, once: 30, twice: 0 };
    expect(judge({ report: truthWith({ replays: once }) })).toEqual({
      verdict: "no",
      because: "3,030 accepted writes read back, none applied more than once",
    });
  });

  it("cannot be judged where the reads do not tell how often, unless two things are there for one key", () => {
    expect(judge({ report: truthWith({ duplicated: null }) })).toMatchObject({
      verdict: "not-enough-evidence",
      missing: expect.stringContaining("applied") as string,
    });
    expect(judge({ report: truthWith({ duplicated: null, replays }) })).toMatchObject({ verdict: "yes" });
    expect(judge({})).toMatchObject({ verdict: "not-enough-evidence" });
  });
});
