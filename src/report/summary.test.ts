import { describe, expect, it } from "vitest";
import { analyze } from "../../analysis/index.ts";
import { recordOf } from "../../test/record-builder.ts";
import type { RunRecord } from "../model/record.ts";
import type { Summary } from "../model/summary.ts";
import { buildSummary } from "./summary.ts";

function summaryOf(record: RunRecord): Summary {
  const validity = { grade: "valid", reasons: [], cleanUpTo: 5 } as const;
  return buildSummary({ record, verdict: analyze(record), validity, cleanup: null, exit: { exitCode: 3, exitReasons: ["why"] } });
}

const record = recordOf({ quotaPerSec: 500, holdSec: 6 });

describe("buildSummary", () => {
  const summary = summaryOf(record);

  it("has the measured steps in their order, without the warm-up", () => {
    expect(summary.steps.map(({ role, multiple }) => `${role} ${multiple}`)).toEqual([
      "step 1",
      "step 2",
      "step 3",
      "step 5",
      "repeat 1",
    ]);
  });

  it("takes counts from the tally and clocks over everything answered", () => {
    const step = summary.steps[3];
    const tally = record.run.steps.find(({ multiple, role }) => multiple === 5 && role === "step")?.tally;
    expect(step).toMatchObject({ due: tally?.due, sent: tally?.sent, done: tally?.done, ok: tally?.ok, errors: tally?.errors });
    expect(step?.responseUs?.count).toBe(tally?.done);
    expect(step?.operations["scan"]?.due).toBe(tally?.operations["scan"]?.due);
  });

  it("says nothing of a percentile with too few samples", () => {
    expect(summary.steps[0]?.responseUs?.p999).toBeNull();
    expect(summary.steps[0]?.responseUs?.p50).toBeGreaterThan(0);
  });

  it("carries the answer, the exit and the validity without what only the record needs", () => {
    expect(summary).toMatchObject({ schema: "peakproof.summary/1", exitCode: 3, exitReasons: ["why"], cleanup: null });
    expect(summary.validity).toEqual({ grade: "valid", reasons: [] });
    expect(summary.answer.breaksAt).toBe(3);
  });

  it("leaves ramps out, and says where the time went, what was tried again and what became of journeys", () => {
    const journeys = [{ name: "sign-up", weight: 1, steps: [{ operation: 0, thinkUs: [0, 0] as const }] }];
    const stages = [{ multiple: 3, rampSec: 2, holdSec: 5 }];
    const staged = summaryOf(recordOf({ stages, journeys, quotaPerSec: 500, retries: 2, https: true }));
    expect(staged.steps.map(({ role }) => role)).toEqual(["step"]);
    const [step] = staged.steps;
    expect(step?.phasesUs.firstByte?.count).toBe(step?.done);
    expect(step?.phasesUs.tls?.p50).toBeGreaterThan(2_000);
    expect(step?.retried?.["status:429"]).toBe(2 * (step?.errors["status:429"] ?? 0));
    expect(step?.operations["scan"]?.retried?.["status:429"]).toBeGreaterThan(0);
    const { started, completed, broken, cut } = step?.journeys?.["sign-up"] ?? {};
    expect(started).toBe((completed ?? 0) + (broken ?? 0) + (cut ?? 0));
  });

  it("has no phase that the record has not", () => {
    expect(summary.steps[0]?.phasesUs).toMatchObject({ dns: null, tls: null });
    expect(summary.steps[0]).not.toHaveProperty("retried");
    expect(summary.steps[0]).not.toHaveProperty("journeys");
  });

  it("is plain data", () => {
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
  });

  it("counts a step that a crash cut short from its seconds, and leaves out those never begun", () => {
    const steps = record.run.steps.map((step) => {
      if (step.index < 3) return step;
      const begun = step.index === 3;
      return { ...step, startUs: begun ? step.startUs : null, endUs: null, drainedUs: null, tally: null };
    });
    const crashed = summaryOf({ ...record, run: { ...record.run, steps, ended: null } });
    const due = record.series.filter(({ step }) => step === 3).reduce((sum, point) => sum + point.due, 0);
    expect(crashed.steps.map(({ multiple }) => multiple)).toEqual([1, 2, 3]);
    expect(crashed.steps[2]).toMatchObject({ due, operations: {} });
    expect(crashed.steps[2]?.errors["status:429"]).toBeGreaterThan(0);
  });

  it("passes over what is no count in a record that someone edited", () => {
    const [first] = record.series;
    const odd = { ...first, step: 1, due: "many", sent: null, errors: null } as unknown as RunRecord["series"][number];
    const steps = record.run.steps.map((step) => (step.index === 1 ? { ...step, tally: null } : step));
    const summary = summaryOf({ ...record, series: [odd], run: { ...record.run, steps } });
    expect(summary.steps[0]).toMatchObject({ due: 0, sent: 0, errors: {} });
  });
});
