/** `summary.json` and `--json`: design section 7. */
import type { Phase } from "./budget.ts";
import type { ClockStats } from "./distribution.ts";
import type { Finding } from "./finding.ts";
import type { StepRole } from "./plan.ts";
import type { JourneyTally, PurposeTotals, ThirdPartyCalls, Validity, WriteTruth } from "./run.ts";
import type { Purpose } from "./tags.ts";
import type { Answer, BudgetResult, CapacityEstimate } from "./verdict.ts";
import type { UntaggedState } from "./cleanup.ts";

export const summarySchema = "peakproof.summary/1";

/** Counts and clocks, of a step or of one operation within it. */
export interface LoadFigures {
  readonly due: number;
  readonly sent: number;
  readonly done: number;
  readonly ok: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly lagUs: ClockStats | null;
  readonly waitUs: ClockStats | null;
  readonly serviceUs: ClockStats | null;
  /** Over everything answered. Budgets judge everything due instead. */
  readonly responseUs: ClockStats | null;
  /** Attempts that were followed by another one, by error key; absent: none. */
  readonly retried?: Readonly<Record<string, number>>;
}

export interface StepSummary extends LoadFigures {
  readonly role: Exclude<StepRole, "warmup" | "ramp">;
  readonly multiple: number;
  readonly ratePerSec: number;
  readonly operations: Readonly<Record<string, LoadFigures>>;
  readonly journeys?: Readonly<Record<string, JourneyTally>>;
  /** Where the time went: connections' parts and replies' parts. Null where there was none of it. */
  readonly phasesUs: Readonly<Record<Phase, ClockStats | null>>;
}

export interface CleanupSummary {
  readonly created: number;
  readonly unknown: number;
  readonly deleted: number;
  readonly residue: number | null;
  readonly untagged: UntaggedState;
  readonly verified: boolean;
}

export interface Summary {
  readonly schema: typeof summarySchema;
  readonly runId: string;
  readonly dir: string;
  readonly scenario: string;
  readonly target: string;
  readonly seed: number;
  readonly scheduleHash: string;
  readonly answer: Answer;
  readonly validity: Pick<Validity, "grade" | "reasons">;
  readonly totals: Readonly<Partial<Record<Purpose, PurposeTotals>>>;
  readonly steps: readonly StepSummary[];
  readonly findings: readonly Finding[];
  readonly capacity: CapacityEstimate;
  readonly budgets: readonly BudgetResult[];
  /** Whether accepted writes were there afterwards, by operation; absent where none were read back. */
  readonly writes?: Readonly<Record<string, WriteTruth>>;
  /** Calls that third parties got, by name; absent where none were counted. */
  readonly thirdPartyCalls?: Readonly<Record<string, ThirdPartyCalls>>;
  /** Null where `--no-cleanup` was given, or the run was killed before its cleanup. */
  readonly cleanup: CleanupSummary | null;
  /** Canaries of the handshake that may have written, and those of them that may have left something; absent: none wrote. */
  readonly canaries?: { readonly written: number; readonly left: number };
  readonly exitCode: number;
  readonly exitReasons: readonly string[];
}
