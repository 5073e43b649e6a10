/** Percentiles over everything that was due, as budgets judge them, also of a step that was begun and never drained. */
import type { Clock } from "../model/budget.ts";
import { percentileOfDue } from "../model/distribution.ts";
import { latencyTag, type RunRecord } from "../model/record.ts";
import { formatUs } from "../model/units.ts";
import type { StepView } from "./step-view.ts";

/** Microseconds; Infinity where the percentile falls among what was not served; null where too few were due to say. */
export function withinUs(record: RunRecord, { record: step, summary }: StepView, clock: Clock, percent: number): number | null {
  const within = percentileOfDue(record.latency.get(latencyTag(step.index, "*", clock, "ok")), summary.due, percent);
  return within === "infinite" ? Infinity : within;
}

/** `45.6 ms`, `never`, or `-` where it was not measured. */
export function formatWithin(us: number | null): string {
  return us === null ? "-" : formatUs(us);
}
