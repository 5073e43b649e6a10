import { stringify } from "csv-stringify/sync";
import type { ClockStats } from "../model/distribution.ts";
import type { LoadFigures, StepSummary, Summary } from "../model/summary.ts";

const clocks = ["lagUs", "waitUs", "serviceUs", "responseUs"] as const;
const figures = ["p50", "p90", "p99", "p999", "max", "mean", "count"] as const;

/** `lag_p50_us`, and `lag_count` for the number of samples. */
const clockColumn = (clock: string, figure: string): string =>
  figure === "count" ? `${clock.slice(0, -2)}_count` : `${clock.slice(0, -2)}_${figure}_us`;

/** The columns, fixed: readers may rely on their names and their order. An empty cell is a figure that was not measured. */
export const csvColumns: readonly string[] = [
  "run_id",
  "scenario",
  "target",
  "role",
  "multiple",
  "offered_per_sec",
  "operation",
  "due_count",
  "sent_count",
  "done_count",
  "ok_count",
  "error_count",
  "errors",
  ...clocks.flatMap((clock) => figures.map((figure) => clockColumn(clock, figure))),
];

/**
 * The summary's steps as CSV (RFC 4180, `\n`): one row per step and operation, `*` for all of them. `errors` is
 * `key=count` joined by spaces. Names and keys come from the target or the scenario, so a cell that a spreadsheet would
 * take for a formula (it begins with `=`, `+`, `-`, `@`, tab or CR) is led by `'` (OWASP, "CSV Injection").
 */
export function renderCsv(summary: Summary): string {
  const rows = summary.steps.flatMap((step) => {
    const all = { "*": step, ...step.operations };
    return Object.entries(all).map(([operation, own]) => rowOf(summary, step, operation, own));
  });
  return stringify([csvColumns, ...rows], { escape_formulas: true });
}

type Cell = string | number | null;

function rowOf(summary: Summary, step: StepSummary, operation: string, own: LoadFigures): Cell[] {
  const errors = Object.entries(own.errors);
  return [
    summary.runId,
    summary.scenario,
    summary.target,
    step.role,
    step.multiple,
    step.ratePerSec,
    operation,
    own.due,
    own.sent,
    own.done,
    own.ok,
    errors.reduce((sum, [, count]) => sum + count, 0),
    errors.map(([key, count]) => `${key}=${count}`).join(" "),
    ...clocks.flatMap((clock) => clockCells(own[clock])),
  ];
}

function clockCells(stats: ClockStats | null): Cell[] {
  return figures.map((figure) => (stats === null ? null : roundUs(stats[figure])));
}

/** Whole microseconds: below that the clocks say nothing. */
function roundUs(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}
