/** What a calibration and its threads say to each other. */
import type { SparseBuckets } from "../measure/buckets.ts";
import type { RunPlan, StepPlan } from "../model/plan.ts";
import type { Tally } from "../model/run.ts";

/** What a thread is started with. */
export interface TrialInput {
  readonly plan: RunPlan;
  readonly worker: number;
  readonly setup: unknown;
  /** `monotonicUs()` at the calibration's start. */
  readonly startedUs: number;
}

/** One rate to be tried, from an instant ahead; microseconds since the calibration's start. */
export interface Trial {
  readonly step: StepPlan;
  readonly startUs: number;
}

export type FromTrial =
  | { readonly type: "ready" }
  | { readonly type: "tried"; readonly tallies: readonly Tally[]; readonly lags: readonly SparseBuckets[] };
