import type { RunRecord } from "../src/model/record.ts";
import type { Validity } from "../src/model/run.ts";
import { formatCount } from "../src/model/units.ts";
import { testInvalid } from "./rules/test-invalid.ts";
import { viewOf, type JudgedStep, type View } from "./view.ts";

/**
 * Whether the run answers anything, judged step by step from the base up. `invalid`: the base step was not finished, was limited by the
 * generator, or got mostly wrong replies. `lower-bound`: the generator was the limit at a higher step. `valid`: it never was.
 */
export function gradeValidity(record: RunRecord): Validity {
  return validityOf(viewOf(record));
}

/** The same for a record already cut into steps. */
export function validityOf(view: View): Validity {
  if (view.base === null) return invalid(["The base step was not finished, so there is nothing to compare with."]);
  const wrong = testInvalid.judge(view);
  if (wrong.verdict === "yes") return invalid([`Most of the replies at the base step were wrong: ${wrong.clause}.`]);
  const limited = view.steps.filter((step) => step.standing === "void");
  const reasons = limited.map(reasonOf);
  if (limited.includes(view.base)) return invalid(reasons);
  const firstLimited = view.steps.findIndex((step) => step.standing === "void");
  const clean = firstLimited === -1 ? view.steps : view.steps.slice(0, firstLimited);
  return { grade: firstLimited === -1 ? "valid" : "lower-bound", reasons, cleanUpTo: clean.at(-1)?.step.multiple ?? null };
}

function reasonOf({ step, generatorLimits }: JudgedStep): string {
  const clauses = generatorLimits.map((limit) => limit.clause).join("; ");
  return `At ${step.multiple}x (${formatCount(step.ratePerSec)}/s) the load generator was the limit: ${clauses}.`;
}

function invalid(reasons: readonly string[]): Validity {
  return { grade: "invalid", reasons, cleanUpTo: null };
}
