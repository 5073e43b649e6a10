import { parseBudget, type Budget } from "../src/model/budget.ts";
import type { RunRecord } from "../src/model/record.ts";
import type { StepRecord } from "../src/model/run.ts";
import type { BudgetResult } from "../src/model/verdict.ts";
import { stepPercentile } from "./due-percentile.ts";
import type { View } from "./view.ts";

/**
 * One result per budget of the plan and hold in its scope, in the plan's order. A step that was not finished, one that had not
 * recovered from a higher one, and a percentile with too few requests due, is `not-measured`: never met. The repeat of the base step is
 * not judged.
 */
export function judgeBudgets({ record, steps: judged }: View): BudgetResult[] {
  const steps = record.run.steps.filter((step) => step.role === "step").toSorted((a, b) => a.multiple - b.multiple);
  const overloads = new Map(judged.map(({ step, unrecoveredFrom }) => [step, unrecoveredFrom]));
  return budgetsOf(record).flatMap((budget) =>
    steps
      .filter((step) => budget.upTo === null || step.multiple <= budget.upTo)
      .map((step) => unlessUnrecovered(judgeBudget(record, step, budget), overloads.get(step) ?? null)),
  );
}

function unlessUnrecovered(result: BudgetResult, unrecoveredFrom: number | null): BudgetResult {
  return unrecoveredFrom === null ? result : { ...result, measured: null, result: "not-measured", unrecoveredFrom };
}

/** The plan's budgets, parsed. A text that does not parse was refused when the scenario was loaded, so none is expected here. */
export function budgetsOf(record: RunRecord): Budget[] {
  return record.run.plan.budgets.flatMap((text) => parseBudget(text) ?? []);
}

/** One budget at one step, whatever its scope says. */
export function judgeBudget(record: RunRecord, step: StepRecord, budget: Budget): BudgetResult {
  const limit = budget.kind === "latency" ? budget.limitUs : budget.limitShare;
  const measured =
    budget.kind === "latency"
      ? stepPercentile(record, step, budget.operation, budget.clock, budget.percent)
      : lostShare(step, budget.operation);
  const common = { text: budget.text, multiple: step.multiple, measured, limit };
  if (measured === null) return { ...common, result: "not-measured" };
  return { ...common, result: measured !== "infinite" && measured <= limit ? "met" : "missed" };
}

/** Share of everything due that did not end `ok`; null where nothing was due or the step was not finished. */
export function lostShare(step: StepRecord, operation: string | null): number | null {
  const tally = operation === null ? step.tally : step.tally?.operations[operation];
  return tally === null || tally === undefined || tally.due === 0 ? null : (tally.due - tally.ok) / tally.due;
}
