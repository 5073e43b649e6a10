import type { Validity } from "../src/model/run.ts";
import type { Answer, CapacityEstimate } from "../src/model/verdict.ts";
import { okPerSec, type StepView } from "./steps.ts";
import type { View } from "./view.ts";

/**
 * What the steps say about capacity: bounds, no search. `bestOkPerSec` counts what was served within the hold, since a tally also holds
 * what an overloaded target worked off afterwards.
 */
export function capacityOf(view: View, answer: Answer, validity: Validity): CapacityEstimate {
  const rateOf = (multiple: number | null): number | null =>
    view.levels.find((level) => level.multiple === multiple)?.ratePerSec ?? null;
  return {
    holdsRatePerSec: rateOf(answer.holdsMultiple),
    breaksRatePerSec: rateOf(answer.breaksAt),
    bestOkPerSec: Math.max(0, ...view.steps.map(servedPerSec)),
    lowerBound: validity.grade === "lower-bound" && answer.breaksAt === null,
  };
}

/** From the series; from the tally over hold and drain where the series is missing. */
function servedPerSec(step: StepView): number {
  const { startUs, drainedUs, holdUs } = step.step;
  const spanUs = drainedUs === null || startUs === null ? holdUs : drainedUs - startUs;
  return okPerSec(step) ?? (spanUs > 0 ? (step.tally.ok / spanUs) * 1e6 : 0);
}
