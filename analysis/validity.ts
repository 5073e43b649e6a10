import type { RunRecord } from "../src/model/record.ts";
import type { Validity } from "../src/model/run.ts";
import { formatCount } from "../src/model/units.ts";
import { wrongReplies } from "./rules/test-invalid.ts";
import { viewOf, type JudgedStep, type View } from "./view.ts";

/**
 * Whether the run answers anything, judged multiple by multiple from the base up. `invalid`: the base step was not finished, was limited
 * by the generator, contradicts itself, or got mostly wrong replies. `lower-bound`: one of the first two at another step, so that only
 * what is below it stands. `valid`: neither. A step that had not recovered from a higher one grades nothing: that one does.
 */
export function gradeValidity(record: RunRecord): Validity {
  return validityOf(viewOf(record));
}

/** The same for a record already cut into steps. */
export function validityOf(view: View): Validity {
  if (view.base === null) return invalid(["The base step was not finished, so there is nothing to compare with."]);
  const wrong = wrongReplies(view.base);
  if (wrong.verdict === "yes") return invalid([`Most of the replies at the base step were wrong: ${wrong.clause}.`]);
  const reasons = view.steps.filter(isVoid).flatMap((step) => reasonsOf(view, step));
  if (isVoid(view.base)) return invalid(reasons);
  const firstVoid = view.levels.findIndex((level) => level.steps.some(isVoid));
  if (firstVoid === -1) return { grade: "valid", reasons, cleanUpTo: view.levels.at(-1)?.multiple ?? null };
  return { grade: "lower-bound", reasons, cleanUpTo: view.levels[firstVoid - 1]?.multiple ?? null };
}

function isVoid({ standing }: JudgedStep): boolean {
  return standing === "void";
}

function reasonsOf(view: View, { step, generatorLimits, imbalance }: JudgedStep): string[] {
  const isOneOfSeveral = view.steps.filter((other) => other.step.multiple === step.multiple).length > 1;
  const place = `At ${step.multiple}x (${formatCount(step.ratePerSec)}/s${isOneOfSeveral ? `, step ${step.index}` : ""})`;
  const clauses = generatorLimits.map((limit) => limit.clause).join("; ");
  return [
    ...(clauses === "" ? [] : [`${place} the load generator was the limit: ${clauses}.`]),
    ...(imbalance === null ? [] : [`${place} the measurement contradicts itself: ${imbalance.clause}. ${whatImbalanceMeans}`]),
  ];
}

const whatImbalanceMeans = "A clock jumped, requests were lost, or Peakproof has a fault: please report it if the clock did not.";

function invalid(reasons: readonly string[]): Validity {
  return { grade: "invalid", reasons, cleanUpTo: null };
}
