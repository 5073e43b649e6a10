/** What a calibration, its threads and its null server say to each other. */
import type { SparseBuckets } from "../measure/buckets.ts";
import { isHttps, type Network, type RunPlan, type StepPlan } from "../model/plan.ts";
import type { Tally } from "../model/run.ts";

/** What a null server speaks. */
export interface NullKind {
  readonly protocol: Network["protocol"];
  /** `mutual`: it asks for the client's certificate as well. */
  readonly tls: "none" | "server" | "mutual";
}

/** The null server that costs a plan's generator what its targets do. Where but some of these are `https`, it is the dearer one. */
export function nullKindOf({ targets, connections }: Pick<RunPlan, "targets" | "connections">): NullKind {
  const { protocol, tls } = connections;
  if (!targets.some(isHttps)) return { protocol, tls: "none" };
  return { protocol, tls: tls.cert === null ? "server" : "mutual" };
}

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
