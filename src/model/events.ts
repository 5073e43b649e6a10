/** `events.ndjson`: what happened, when, in one line each. `t` is microseconds since the run's start. */
import type { ProcessFacts } from "./vitals.ts";

export type RunEvent =
  | { readonly t: number; readonly event: "step-start"; readonly step: number }
  | { readonly t: number; readonly event: "step-end"; readonly step: number }
  | { readonly t: number; readonly event: "drained"; readonly step: number; readonly lanesSettled: boolean }
  | { readonly t: number; readonly event: "prepare-start" | "prepare-end"; readonly count: number }
  | { readonly t: number; readonly event: "fault-start" | "fault-end"; readonly proxy: string; readonly toxic: string }
  | { readonly t: number; readonly event: "signal"; readonly signal: string }
  | { readonly t: number; readonly event: "abort"; readonly reason: string }
  | { readonly t: number; readonly event: "warning"; readonly text: string }
  | { readonly t: number; readonly event: "process"; readonly process: ProcessFacts };
