/** Percentiles over everything that was due, which is what budgets judge. */
import type { Clock } from "../src/model/budget.ts";
import { samplesNeeded } from "../src/model/distribution.ts";
import { latencyTag, type RunRecord } from "../src/model/record.ts";
import type { StepRecord } from "../src/model/run.ts";

/**
 * The value of a clock, in microseconds, that `percent` of everything due stayed within. Whatever did not end `ok` (unsent,
 * unanswered, rejected, wrong) counts as infinitely late: a 429 after a millisecond is no service, and leaving it out would make
 * the percentile better the more is refused. Null where the step was not finished or fewer fell due than the percentile needs.
 */
export function percentileOfDue(
  record: RunRecord,
  step: StepRecord,
  operation: string | null,
  clock: Clock,
  percent: number,
): number | "infinite" | null {
  const tally = operation === null ? step.tally : step.tally?.operations[operation];
  if (tally === null || tally === undefined || tally.due < samplesNeeded(percent)) return null;
  const served = record.latency.get(latencyTag(step.index, operation ?? "*", clock, "ok"));
  const rank = Math.ceil((percent / 100) * tally.due - 1e-9);
  if (served === undefined || rank > served.count) return "infinite";
  return served.percentile((rank / served.count) * 100);
}
