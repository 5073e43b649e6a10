import { describe, expect, it } from "vitest";
import { analyze } from "../../analysis/index.ts";
import { recordOf } from "../../test/record-builder.ts";
import type { Summary } from "../model/summary.ts";
import { csvColumns, renderCsv } from "./csv.ts";
import { buildSummary } from "./summary.ts";

const record = recordOf({ quotaPerSec: 300, holdSec: 4 });
const verdict = analyze(record);
const exit = { exitCode: 0, exitReasons: [] };
const validity = { grade: "valid", reasons: [] } as const;
const summary = buildSummary({ record, verdict, validity, cleanup: null, exit });

function cells(csv: string, row: number): Record<string, string> {
  const values = (csv.split("\n")[row] ?? "").split(",");
  return Object.fromEntries(csvColumns.map((column, at) => [column, values[at] ?? ""]));
}

describe("renderCsv", () => {
  it("has a row for each step and each of its operations, under fixed columns", () => {
    const lines = renderCsv(summary).trimEnd().split("\n");
    expect(lines[0]).toBe(csvColumns.join(","));
    expect(lines).toHaveLength(1 + 5 * 3);
    expect(lines.slice(1, 4).map((line) => line.split(",")[6])).toEqual(["*", "scan", "report"]);
  });

  it("gives counts, error keys and whole microseconds, and leaves out what was not measured", () => {
    const step = summary.steps[2];
    const row = cells(renderCsv(summary), 7);
    expect(row).toMatchObject({ multiple: "3", offered_per_sec: "600", operation: "*", due_count: String(step?.due) });
    expect(row["errors"]).toBe(`status:429=${step?.errors["status:429"]}`);
    expect(row["response_p99_us"]).toMatch(/^\d+$/);
    expect(row["response_p999_us"]).toBe("");
  });

  it("says what was lost, tried again and measured of connections, and has a row for each journey", () => {
    const journeys = [{ name: "=sign-up", weight: 1, steps: [{ operation: 0, thinkUs: [0, 0] as const }] }];
    const stages = [3, 3].map((multiple) => ({ multiple, rampSec: 0, holdSec: 3 }));
    const staged = recordOf({ stages, journeys, quotaPerSec: 300, retries: 1, warmupSec: 0 });
    const told = buildSummary({ record: staged, verdict: analyze(staged), validity, cleanup: null, exit });
    const csv = renderCsv(told);
    const [all, journey, second] = [cells(csv, 1), cells(csv, 4), cells(csv, 5)];
    const refused = told.steps[0]?.errors["status:429"] ?? 0;
    expect(all).toMatchObject({ step: "3x", unsent_count: "0", unanswered_count: "0", retried_count: String(refused) });
    expect(all["retried"]).toBe(`status:429=${refused}`);
    expect(Number(all["attempts_per_request"])).toBeCloseTo(1 + refused / (told.steps[0]?.due ?? 0), 3);
    expect(all["first_byte_p50_us"]).toMatch(/^\d+$/);
    expect(all["tls_count"]).toBe("");
    expect(journey).toMatchObject({ step: "3x", operation: "", due_count: "", journey: "'=sign-up" });
    expect(journey["started_count"]).toBe(String(told.steps[0]?.journeys?.["=sign-up"]?.started));
    expect(second["step"]).toBe("3x (2nd)");
  });

  it("has as many cells in each row as columns", () => {
    const lengths = renderCsv(summary)
      .trimEnd()
      .split("\n")
      .map((line) => line.split(",").length);
    expect(new Set(lengths)).toEqual(new Set([csvColumns.length]));
  });

  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])("does not let a spreadsheet run %j", (text) => {
    const hostile: Summary = { ...summary, scenario: text, steps: summary.steps.slice(0, 1) };
    const csv = renderCsv(hostile);
    expect(csv).toContain(`'${text}`);
    expect(csv).not.toContain(`,${text}`);
  });

  it("keeps quotes, commas and line breaks inside their cell", () => {
    const hostile: Summary = { ...summary, scenario: 'a "b", c\nd', steps: [] };
    const [step] = summary.steps;
    if (step === undefined) throw new Error("the builder gave no step");
    expect(renderCsv({ ...hostile, steps: [{ ...step, operations: {} }] })).toContain('"a ""b"", c\nd"');
  });
});
