import { describe, expect, it } from "vitest";
import { analyze } from "../../../analysis/index.ts";
import { recordOf } from "../../../test/record-builder.ts";
import type { RunRecord } from "../../model/record.ts";
import { type StepView, stepViews } from "../step-view.ts";
import { buildSummary } from "../summary.ts";
import { meanPartsOf } from "./time-spent.ts";

function viewsOf(record: RunRecord): StepView[] {
  const validity = { grade: "valid", reasons: [] } as const;
  const exit = { exitCode: 0, exitReasons: [] };
  return stepViews(record, buildSummary({ record, verdict: analyze(record), validity, cleanup: null, exit }));
}

describe("meanPartsOf", () => {
  const bars = viewsOf(recordOf({ capacityPerSec: 700, holdSec: 6 })).flatMap((step) => meanPartsOf(step) ?? []);

  it("has parts that add up to the mean response time", () => {
    for (const { parts } of bars) expect(parts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
  });

  it("shows the body as its share of the service time", () => {
    const [light] = bars;
    const shareOf = (name: string): number => light?.parts.find((part) => part.name === name)?.share ?? 0;
    expect(shareOf("body") / (shareOf("body") + shareOf("until the first byte"))).toBeCloseTo(0.1, 2);
  });

  it("is null for a step in which nothing was answered", () => {
    const record = recordOf({ holdSec: 4 });
    const [step] = viewsOf({ ...record, latency: new Map() });
    expect(step === undefined ? undefined : meanPartsOf(step)).toBeNull();
  });
});
