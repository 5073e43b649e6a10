/** Percentiles over everything that was due, which is what budgets judge. */
import type { Clock } from "../src/model/budget.ts";
import { percentileOfDue } from "../src/model/distribution.ts";
import { latencyTag, type RunRecord } from "../src/model/record.ts";
import type { StepRecord } from "../src/model/run.ts";

/** The value of a clock, in microseconds, that `percent` of everything due in a step stayed within; null where it was not finished. */
export function stepPercentile(
  record: RunRecord,
  step: StepRecord,
  operation: string | null,
  clock: Clock,
  percent: number,
): number | "infinite" | null {
  const tally = operation === null ? step.tally : step.tally?.operations[operation];
  if (tally === null || tally === undefined) return null;
  return percentileOfDue(record.latency.get(latencyTag(step.index, operation ?? "*", clock, "ok")), tally.due, percent);
}
