/** What steps are called: the same everywhere, and no two alike. */
import type { StepPlan } from "../model/plan.ts";
import type { BudgetResult } from "../model/verdict.ts";

type Named = Pick<StepPlan, "role" | "multiple">;

/**
 * The name of each step of a run, or of its measured ones: `warm-up`, `ramp to 3x`, `5x`, `1x again`. Stages may come to a multiple more
 * than once: the next time it is `3x (2nd)`.
 */
export function stepNames<Step extends Named>(steps: readonly Step[]): ReadonlyMap<Step, string> {
  const names = new Map<Step, string>();
  const times = new Map<string, number>();
  for (const step of steps) {
    const name = stepName(step);
    const time = (times.get(name) ?? 0) + 1;
    times.set(name, time);
    names.set(step, time === 1 ? name : `${name} (${ordinal(time)})`);
  }
  return names;
}

/** The name of a step by itself. */
export function stepName({ role, multiple }: Named): string {
  if (role === "warmup") return "warm-up";
  if (role === "ramp") return `ramp to ${multiple}x`;
  return role === "repeat" ? `${multiple}x again` : `${multiple}x`;
}

const plurals = new Intl.PluralRules("en", { type: "ordinal" });
const endings: Partial<Record<Intl.LDMLPluralRule, string>> = { one: "st", two: "nd", few: "rd" };

/** `2nd`. */
function ordinal(time: number): string {
  return `${time}${endings[plurals.select(time)] ?? "th"}`;
}

/** The results of one budget with the names of their steps. */
export function budgetNames(results: readonly BudgetResult[]): (readonly [name: string, result: BudgetResult])[] {
  const steps = results.map((result) => ({ role: "step", multiple: result.multiple, result }) as const);
  return [...stepNames(steps)].map(([{ result }, name]) => [name, result]);
}
