import { describe, expect, it } from "vitest";
import { analyze } from "../../analysis/index.ts";
import { recordOf } from "../../test/record-builder.ts";
import type { RunRecord } from "../model/record.ts";
import { withinUs } from "./due-percentile.ts";
import { type StepView, stepViews } from "./step-view.ts";
import { buildSummary } from "./summary.ts";

function viewsOf(record: RunRecord): StepView[] {
  const verdict = analyze(record);
  const validity = { grade: "valid", reasons: [] } as const;
  const summary = buildSummary({ record, verdict, validity, cleanup: null, exit: { exitCode: 0, exitReasons: [] } });
  return stepViews(record, summary);
}

function stepAt(views: readonly StepView[], label: string): StepView {
  const view = views.find((step) => step.label === label);
  if (view === undefined) throw new Error(`no step ${label}`);
  return view;
}

describe("stepViews", () => {
  const queued = recordOf({ capacityPerSec: 700, noise: 0.1 });
  const refused = recordOf({ quotaPerSec: 300 });

  it("names the steps, the repeat apart, and marks the first that broke", () => {
    const views = viewsOf(queued);
    expect(views.map(({ label }) => label)).toEqual(["1x", "2x", "3x", "5x", "1x again"]);
    expect(views.map(({ broke, first }) => broke && first)).toEqual([false, false, false, true, false]);
  });

  it("keeps what was served after the hold apart from what the target could do in it", () => {
    const { okPerSec, latePerSec, summary, seconds } = stepAt(viewsOf(queued), "5x");
    expect(okPerSec).toBeGreaterThan(600);
    expect(okPerSec).toBeLessThan(760);
    expect(okPerSec + latePerSec).toBeCloseTo(summary.ok / seconds, 6);
  });

  it("counts nothing as late where the record has no seconds", () => {
    expect(stepAt(viewsOf({ ...queued, series: [] }), "5x").latePerSec).toBe(0);
  });

  it("marks only the first of several steps at the multiple that broke", () => {
    const stages = [1, 5, 1, 5].map((multiple) => ({ multiple, rampSec: 1, holdSec: 6 }));
    const views = viewsOf(recordOf({ stages, quotaPerSec: 500 }));
    expect(views.map(({ label }) => label)).toEqual(["1x", "5x", "1x (2nd)", "5x (2nd)"]);
    expect(views.map(({ broke }) => broke)).toEqual([false, true, false, true]);
    expect(views.map(({ first }) => first)).toEqual([false, true, false, false]);
  });

  it("marks what had not recovered after a spike, and takes the spike for the first that broke", () => {
    const stages = [1, 5, 1].map((multiple) => ({ multiple, rampSec: 0, holdSec: 6 }));
    const views = viewsOf(recordOf({ stages, capacityPerSec: 400 }));
    expect(views.map(({ broke }) => broke)).toEqual([false, true, true]);
    expect(views.map(({ first }) => first)).toEqual([false, true, false]);
  });

  it("keeps what was served late apart where the next step follows at once, too", () => {
    const stages = [5, 1].map((multiple) => ({ multiple, rampSec: 0, holdSec: 8 }));
    const [high, low] = viewsOf(recordOf({ stages, capacityPerSec: 700, noise: 0.1 }));
    expect(high?.okPerSec).toBeGreaterThan(600);
    expect(high?.okPerSec).toBeLessThan(760);
    expect(high?.latePerSec).toBeGreaterThan(150);
    expect(low?.latePerSec).toBe(0);
  });

  it("keeps refusals apart from failures", () => {
    const { rejectedPerSec, failedPerSec, summary, seconds } = stepAt(viewsOf(refused), "3x");
    expect(rejectedPerSec + failedPerSec).toBeCloseTo((summary.due - summary.ok) / seconds, 6);
    expect(failedPerSec).toBe(0);
  });

  it("holds what was refused for infinitely late, as budgets do", () => {
    const step = stepAt(viewsOf(refused), "3x");
    expect(withinUs(refused, step, "response", 99)).toBe(Infinity);
    expect(withinUs(refused, step, "response", 20)).toBeLessThan(1e6);
    expect(withinUs(refused, step, "response", 99.99)).toBeNull();
  });

  it("agrees with the judge's own percentile over everything due", () => {
    const verdict = analyze({ ...queued, run: { ...queued.run, plan: { ...queued.run.plan, budgets: ["response p99 <= 1s"] } } });
    const views = viewsOf(queued).filter(({ summary }) => summary.role === "step");
    expect(views.map((step) => withinUs(queued, step, "response", 99))).toEqual(verdict.budgets.map(({ measured }) => measured));
  });
});
