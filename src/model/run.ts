/** `run.json`: what was to be sent, on what machine, and what came of it. Written at start, at each step's end, and at the end. */
import type { FaultKind } from "./fault.ts";
import type { RunPlan, ScheduleTotals, StepPlan } from "./plan.ts";
import type { Purpose } from "./tags.ts";

export const runSchema = "peakproof.run/1";

/** How a request ended. `rejected` is the target saying no (429, 503): kept apart so that fast refusals do not hide in a median. */
export const outcomes = ["ok", "rejected", "failed"] as const;
export type Outcome = (typeof outcomes)[number];

/** Counts of one operation, or of all of them, over a step. `due = ok + rejected + failed` once the step is drained. */
export interface Tally {
  /** Arrivals of the schedule that fell due. */
  readonly due: number;
  /** Taken up by our loop. */
  readonly dispatched: number;
  /** Handed to the kernel in full. */
  readonly sent: number;
  /** Answered in full, whatever the status. */
  readonly done: number;
  readonly ok: number;
  readonly rejected: number;
  /** Everything else, unsent and unanswered included. */
  readonly failed: number;
  /** By error key: `status:429`, `connect:ECONNREFUSED`, `timeout:reading`, `check:<name>`, `unsent`. */
  readonly errors: Readonly<Record<string, number>>;
}

export interface StepRecord extends StepPlan {
  /** Microseconds since the run's start; null while it has not begun or ended. */
  readonly startUs: number | null;
  /** End of the hold: no arrival is due later. */
  readonly endUs: number | null;
  /** When the last request was settled and the lanes were back at their baseline (or 15 s had passed). */
  readonly drainedUs: number | null;
  /** Null until the step has been drained. */
  readonly tally: (Tally & { readonly operations: Readonly<Record<string, Tally>> }) | null;
}

export type ValidityGrade = "valid" | "lower-bound" | "invalid";
export interface Validity {
  readonly grade: ValidityGrade;
  /** One sentence each; empty for `valid`. */
  readonly reasons: readonly string[];
  /** Highest multiple at which the generator was clean; null where none was. */
  readonly cleanUpTo: number | null;
}

export interface MachineFacts {
  readonly hostname: string;
  readonly platform: string;
  readonly kernel: string;
  readonly cpuModel: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly node: string;
}

export interface PurposeTotals {
  readonly sent: number;
  readonly ok: number;
}

/** `ended` is null for a run that was killed: what it left is still readable and can be cleaned. */
export interface RunFile {
  readonly schema: typeof runSchema;
  readonly runId: string;
  readonly version: string;
  readonly plan: RunPlan;
  readonly schedule: ScheduleTotals;
  readonly labels: Readonly<Record<string, string>>;
  readonly gitRevision: string | null;
  readonly machine: MachineFacts;
  /** Process id of the coordinator, so that cleanup refuses a run that is still going on. */
  readonly pid: number;
  /** ISO 8601 instant of t = 0. */
  readonly startedAt: string;
  /** Offset to the wall clock of each remote source, microseconds; empty where everything is on one machine. */
  readonly clockOffsetUs: Readonly<Record<string, number>>;
  readonly target: { readonly pids: readonly number[]; readonly found: string };
  readonly steps: readonly StepRecord[];
  readonly totals: Readonly<Partial<Record<Purpose, PurposeTotals>>>;
  readonly validity: Validity | null;
  readonly ended: RunEnd | null;
}

/** Why the load stopped. `atUs` since the run's start. */
export interface RunEnd {
  readonly atUs: number;
  readonly how: "finished" | "interrupted" | "aborted";
  /** For `interrupted` and `aborted`: a sentence. */
  readonly reason: string | null;
  /** For `aborted`: what kind of fault it was, which decides the exit code. */
  readonly fault: FaultKind | null;
}
