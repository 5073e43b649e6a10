/**
 * A run as plain data: everything that decides what will be sent, cloneable into worker threads and written to `run.json`.
 * Functions (requests, checks) stay in the scenario file, which each worker loads again by its path.
 */
import type { CleanupRules, OperationKind, Pace, ThirdParty } from "./scenario.ts";

export type StepRole = "warmup" | "step" | "repeat";

export interface StepPlan {
  /** Place in the run, from 0. */
  readonly index: number;
  /** `repeat` is the base step done once more at the end: the drift check. */
  readonly role: StepRole;
  readonly multiple: number;
  readonly ratePerSec: number;
  readonly holdUs: number;
}

export interface OperationPlan {
  readonly name: string;
  readonly kind: OperationKind;
  readonly weight: number;
}

export interface ConnectionPlan {
  readonly policy: "keep-alive" | "fresh";
  /** Over all workers. */
  readonly max: number;
  readonly deadlineUs: number;
}

export interface RunPlan {
  readonly scenario: { readonly name: string; readonly path: string; readonly hash: string };
  readonly target: string;
  readonly admin: string;
  /** 32-bit unsigned. */
  readonly seed: number;
  readonly peakRatePerSec: number;
  readonly pace: Pace;
  readonly precision: "timer" | "spin";
  readonly workers: number;
  readonly steps: readonly StepPlan[];
  readonly connections: ConnectionPlan;
  /** In the order of the scenario file; operation indexes everywhere refer to this list. */
  readonly operations: readonly OperationPlan[];
  readonly users: { readonly name: string; readonly pool: number; readonly popularity: "uniform" | "zipf" };
  readonly prepare: { readonly create: string; readonly count: number } | null;
  readonly lanes: { readonly trivial: string } | null;
  readonly observe: { readonly prometheus: string | null; readonly pids: readonly number[] };
  readonly budgets: readonly string[];
  readonly thirdParties: Readonly<Record<string, ThirdParty>>;
  /** Null where the scenario has no writes and says nothing. */
  readonly cleanup: CleanupRules | null;
  /** `--var k=v`, as given. */
  readonly variables: Readonly<Record<string, string>>;
}

/** What a schedule will send, found by walking it without sending anything. */
export interface ScheduleTotals {
  readonly requests: number;
  readonly writes: number;
  /** Requests per step, in the order of the plan's steps. */
  readonly perStep: readonly number[];
  /** Requests per operation over the whole run. */
  readonly perOperation: Readonly<Record<string, number>>;
  /** 16 hex digits; equal for equal (plan, seed), however the schedule is cut into shards. */
  readonly hash: string;
}
