import { stringify } from "csv-stringify/sync";
import { phases } from "../model/budget.ts";
import type { ClockStats } from "../model/distribution.ts";
import type { JourneyTally } from "../model/run.ts";
import type { LoadFigures, StepSummary, Summary } from "../model/summary.ts";
import { attemptsPerRequest, retriesOf, unansweredOf, unsentOf } from "./attempts.ts";
import { stepNames } from "./step-names.ts";

const clocks = ["lagUs", "waitUs", "serviceUs", "responseUs"] as const;
const figures = ["p50", "p90", "p99", "p999", "max", "mean", "count"] as const;

/** `lag_p50_us`, and `lag_count` for the number of samples; `first_byte_p50_us` for a phase. */
const clockColumn = (clock: string, figure: string): string => (figure === "count" ? `${clock}_count` : `${clock}_${figure}_us`);
const inSnakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

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
  ...clocks.flatMap((clock) => figures.map((figure) => clockColumn(clock.slice(0, -2), figure))),
  "step",
  "unsent_count",
  "unanswered_count",
  "retried_count",
  "retried",
  "attempts_per_request",
  ...phases.flatMap((phase) => figures.map((figure) => clockColumn(inSnakeCase(phase), figure))),
  "journey",
  "started_count",
  "completed_count",
  "broken_count",
  "cut_count",
];

/**
 * The summary's steps as CSV (RFC 4180, `\n`): one row per step and operation, `*` for all of them, then one per journey, which has no
 * operation. `errors` and `retried` are `key=count` joined by spaces. Names and keys come from the target or the scenario, so a cell
 * that a spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@`, tab or CR) is led by `'` (OWASP, "CSV Injection").
 */
export function renderCsv(summary: Summary): string {
  const rows = [...stepNames(summary.steps)].flatMap(([step, name]) => stepRows(summary, { step, name }));
  return stringify([csvColumns, ...rows], { escape_formulas: true });
}

type Cell = string | number | null;

interface NamedStep {
  readonly step: StepSummary;
  readonly name: string;
}

function stepRows({ runId, scenario, target }: Summary, named: NamedStep): Cell[][] {
  const { role, multiple, ratePerSec, operations, journeys = {} } = named.step;
  const head = [runId, scenario, target, role, multiple, ratePerSec];
  const all = Object.entries({ "*": named.step, ...operations });
  return [
    ...all.map(([operation, own]) => operationRow(head, operation, own, named)),
    ...Object.entries(journeys).map(([journey, tally]) => journeyRow(head, journey, tally, named.name)),
  ];
}

/** The phases are not known by operation. */
function operationRow(head: readonly Cell[], operation: string, own: LoadFigures, { step, name }: NamedStep): Cell[] {
  return [
    ...head,
    operation,
    ...countCells(own),
    ...clocks.flatMap((clock) => clockCells(own[clock])),
    name,
    ...retryCells(own),
    ...phases.flatMap((phase) => clockCells(operation === "*" ? step.phasesUs[phase] : null)),
    ...journeyCells("", null),
  ];
}

/** A journey has the step and its own counts; all between is empty. */
function journeyRow(head: readonly Cell[], journey: string, tally: JourneyTally, step: string): Cell[] {
  const own = journeyCells(journey, tally);
  const at = csvColumns.indexOf("step");
  const empty = (length: number): null[] => Array.from({ length }, () => null);
  return [...head, ...empty(at - head.length), step, ...empty(csvColumns.length - at - 1 - own.length), ...own];
}

function countCells({ due, sent, done, ok, errors }: LoadFigures): Cell[] {
  const failed = Object.values(errors).reduce((sum, count) => sum + count, 0);
  return [due, sent, done, ok, failed, keysOf(errors)];
}

function retryCells(own: LoadFigures): Cell[] {
  const attempts = attemptsPerRequest(own);
  const perRequest = attempts === null ? null : Number(attempts.toFixed(4));
  return [unsentOf(own), unansweredOf(own), retriesOf(own), keysOf(own.retried ?? {}), perRequest];
}

function journeyCells(name: string, tally: JourneyTally | null): Cell[] {
  return tally === null ? [name, null, null, null, null] : [name, tally.started, tally.completed, tally.broken, tally.cut];
}

function keysOf(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([key, count]) => `${key}=${count}`)
    .join(" ");
}

function clockCells(stats: ClockStats | null): Cell[] {
  return figures.map((figure) => (stats === null ? null : roundUs(stats[figure])));
}

/** Whole microseconds: below that the clocks say nothing. */
function roundUs(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}
