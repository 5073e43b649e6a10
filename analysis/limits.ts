/** What a step must meet to count as held. */
import type { RunRecord } from "../src/model/record.ts";
import type { StepRecord } from "../src/model/run.ts";
import { formatShare, formatUs } from "../src/model/units.ts";
import { budgetsOf, judgeBudget, lostShare } from "./budgets.ts";
import { stepPercentile } from "./due-percentile.ts";

/** One limit at one step. */
export interface LimitResult {
  /** `scan response p99`, `errors`. */
  readonly what: string;
  /** Null: over all operations. */
  readonly operation: string | null;
  readonly measured: number | "infinite" | null;
  readonly limit: number;
  readonly unit: "us" | "share";
  /** Null: not measured, which neither holds nor breaks a step. */
  readonly met: boolean | null;
}

/** Without budgets: at most this share of what was due may be lost. A guess: most services promise at least 99 %. */
const lostShareMax = 0.01;
/** Without budgets: how many times slower than the base step's percentile a step may be. A guess. */
const slowdownMax = 10;
/** Below this no percentile breaks a step by slowdown alone: ten times a base of 1 ms is scheduling noise. A guess. */
const slowFloorUs = 50_000;

/**
 * The scenario's budgets at a step, whatever multiple their `up to` names: it scopes what must pass, while the answer says how far
 * the same limits hold. Without budgets, two limits of our own: 99 % served, and the highest percentile that both steps have samples
 * for not more than ten times that of the base step.
 */
export function limitsAt(record: RunRecord, step: StepRecord, base: StepRecord | null): LimitResult[] {
  const budgets = budgetsOf(record);
  if (budgets.length === 0) return [lostLimit(step), ...slowdownLimit(record, step, base)];
  return budgets.map((budget) => {
    const { measured, limit, result } = judgeBudget(record, step, budget);
    const met = result === "not-measured" ? null : result === "met";
    const what = budget.text.replace(/ *<=.*$/, "");
    return { what, operation: budget.operation, measured, limit, unit: budget.kind === "latency" ? "us" : "share", met };
  });
}

function lostLimit(step: StepRecord): LimitResult {
  const measured = lostShare(step, null);
  const met = measured === null ? null : measured <= lostShareMax;
  return { what: "errors", operation: null, measured, limit: lostShareMax, unit: "share", met };
}

function slowdownLimit(record: RunRecord, step: StepRecord, base: StepRecord | null): LimitResult[] {
  if (base === null || base === step) return [];
  for (const percent of [99, 90, 50]) {
    const atBase = stepPercentile(record, base, null, "response", percent);
    const measured = stepPercentile(record, step, null, "response", percent);
    if (atBase === null || atBase === "infinite" || measured === null) continue;
    const limit = Math.max(slowFloorUs, slowdownMax * atBase);
    const met = measured !== "infinite" && measured <= limit;
    return [{ what: `response p${percent}`, operation: null, measured, limit, unit: "us", met }];
  }
  return [];
}

/** `scan response p99 3.2 s, limit 200 ms`. */
export function describeLimit({ what, measured, limit, unit }: LimitResult): string {
  const say = unit === "us" ? formatUs : formatShare;
  const value = measured === null ? "not measured" : measured === "infinite" ? "beyond what was served" : say(measured);
  return `${what} ${value}, limit ${say(limit)}`;
}
