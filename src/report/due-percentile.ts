/**
 * Percentiles over everything that was due, as budgets judge them: a request that was refused, failed or never answered counts
 * as infinitely late. (The judge has its own copy: rooms of `src` do not import `analysis`.)
 */
import type { Clock } from "../model/budget.ts";
import { samplesNeeded } from "../model/distribution.ts";
import { latencyTag, type RunRecord } from "../model/record.ts";
import { formatUs } from "../model/units.ts";
import type { StepView } from "./step-view.ts";

/** Microseconds; Infinity where the percentile falls among what was not served; null where too few were due to say. */
export function withinUs(record: RunRecord, { record: step, summary }: StepView, clock: Clock, percent: number): number | null {
  if (summary.due < samplesNeeded(percent)) return null;
  const served = record.latency.get(latencyTag(step.index, "*", clock, "ok"));
  const rank = Math.ceil((percent / 100) * summary.due - 1e-9);
  if (served === undefined || rank > served.count) return Infinity;
  return served.percentile((rank / served.count) * 100);
}

/** `45.6 ms`, `never`, or `-` where it was not measured. */
export function formatWithin(us: number | null): string {
  return us === null ? "-" : formatUs(us);
}
