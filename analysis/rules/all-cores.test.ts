import { describe, expect, it } from "vitest";
import type { RunRecord } from "../../src/model/record.ts";
import { recordOf, type World } from "../../test/record-builder.ts";
import { withoutLanes, withoutVitals } from "../../test/record-loss.ts";
import { analyze } from "../index.ts";
import type { Ruling } from "../rule.ts";
import { viewOf } from "../view.ts";
import { allCores } from "./all-cores.ts";

/** Two workers on two cores, and more to do than both can. */
const full = (more: Partial<World> = {}): RunRecord =>
  recordOf({ capacityPerSec: 300, threads: 2, cores: 2, multiples: [1, 5], holdSec: 8, ...more });
const judge = (record: RunRecord): Ruling => allCores.judge(viewOf(record));

describe("the target uses all cores", () => {
  it("says yes where it fills the machine and the trivial lane waits with everything else", () => {
    const ruling = judge(full());
    expect(ruling).toMatchObject({ verdict: "yes", finding: { severity: "problem", confidence: 0.9 } });
    expect(ruling.verdict === "yes" && ruling.clause).toMatch(/^all 2 cores are .* % busy, .* % of that with the target$/);
  });

  it("is then the answer, and no single core is", () => {
    const verdict = analyze(full());
    expect(verdict.answer.cause).toBe("ALL_CORES_SATURATED");
    expect(verdict.ruledOut.map(({ code }) => code)).toContain("SINGLE_CORE_SATURATED");
  });

  it("is less sure without a trivial lane", () => {
    expect(judge(withoutLanes(full()))).toMatchObject({ verdict: "yes", finding: { confidence: 0.6, explains: 0.5 } });
  });

  it("says no where one thread is full and a core is left", () => {
    const ruling = judge(recordOf({ capacityPerSec: 700, multiples: [1, 5], holdSec: 8 }));
    expect(ruling).toMatchObject({ verdict: "no", because: expect.stringContaining("busy") });
  });

  it("says no where somebody else fills the machine", () => {
    const ruling = judge(recordOf({ capacityPerSec: 700, multiples: [1, 5], holdSec: 8, cores: 2, neighbourCores: 1.2 }));
    expect(ruling).toMatchObject({ verdict: "no", because: expect.stringContaining("others the rest") });
  });

  it("says no where no step missed a limit", () => {
    expect(judge(recordOf({ holdSec: 5 }))).toEqual({ verdict: "no", because: "no step missed a limit" });
  });

  it("has not enough evidence without the host's CPU", () => {
    expect(judge(withoutVitals(full(), /^busy\.share/))).toMatchObject({ verdict: "not-enough-evidence" });
  });
});
