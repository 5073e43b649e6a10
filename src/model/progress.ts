/** What the person at the terminal sees while a run goes on: one snapshot a second, drawn by `report/live`. */
import type { StepRole } from "./plan.ts";

export type Phase = "preflight" | "prepare" | "load" | "drain" | "read-back" | "analyze" | "cleanup" | "report";

export interface Progress {
  readonly phase: Phase;
  /** What the phase is doing, for phases that have no step: `2,310 of 10,000 citizens`. */
  readonly note: string | null;
  readonly step: { readonly role: StepRole; readonly multiple: number; readonly number: number; readonly of: number } | null;
  /** Of the last full second. */
  readonly duePerSec: number;
  readonly sentPerSec: number;
  /** Attempts beyond the first ones; 0 where no client tries again. */
  readonly retriesPerSec: number;
  readonly okPerSec: number;
  readonly errorsPerSec: number;
  /** Over the run so far. */
  readonly errorsTotal: number;
  /** Response, last full second; null where nothing was answered. */
  readonly p50Us: number | null;
  readonly p99Us: number | null;
  readonly lagP99Us: number | null;
  readonly inFlight: number;
  readonly elapsedUs: number;
  /** Planned length of the whole load; 0 where it is not known. */
  readonly totalUs: number;
}
