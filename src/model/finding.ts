/** Findings: a coded cause with evidence that can be derived again from the run record, and the verdict over them. */
import type { BudgetResult, Answer, CapacityEstimate } from "./verdict.ts";

/** Stable codes (design section 7). Only those that a rule can give today are judged; the list is the contract. */
export const findingCodes = [
  "GENERATOR_LIMITED",
  "EXTERNAL_INTERFERENCE",
  "TEST_INVALID",
  "HEALTHY",
  "UNKNOWN",
  "AMBIGUOUS",
  "SINGLE_CORE_SATURATED",
  "ALL_CORES_SATURATED",
  "CPU_QUOTA_THROTTLED",
  "EVENT_LOOP_BLOCKED",
  "GC_PRESSURE",
  "MEMORY_LIMIT",
  "ACCEPT_QUEUE_OVERFLOW",
  "CONNECTION_RATE_LIMITED",
  "CONNECTION_COUNT_LIMITED",
  "CONNTRACK_FULL",
  "EPHEMERAL_PORTS_EXHAUSTED",
  "FILE_DESCRIPTORS_EXHAUSTED",
  "RATE_QUOTA",
  "CONCURRENCY_CAP",
  "COLD_START",
  "CONNECTION_POOL_EXHAUSTED",
  "SLOW_QUERY",
  "LOCK_CONTENTION",
  "CACHE_MISS",
  "CACHE_STAMPEDE",
  "PERIODIC_STALL",
  "QUEUE_BACKLOG",
  "EGRESS_BANDWIDTH_CAP",
  "THIRD_PARTY_LATENCY",
  "THIRD_PARTY_LIMIT",
  "RETRY_STORM",
  "METASTABLE",
  "WRITES_LOST",
  "WRITES_DUPLICATED",
] as const;
export type FindingCode = (typeof findingCodes)[number];

/** After Oracle ADDM: a problem is a cause, a symptom follows from one, information says what is not a problem. */
export type Severity = "problem" | "symptom" | "information";

/** One number that speaks for the finding. */
export interface Evidence {
  /** What was measured, in words that name the source: `thread/1234/1234 cpu.cores (worker 1)`. */
  readonly signal: string;
  readonly measured: number;
  /** What it was held against; null where the number only informs. */
  readonly threshold: number | null;
  readonly unit: string;
  /** Step indexes or seconds it was taken over: `step 3 (5x)`, `12.0 s - 17.0 s`. */
  readonly window: string;
}

export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** In [0, 1]: how sure. A guess where no bench has scored it. */
  readonly confidence: number;
  /** Share in [0, 1] of the excess latency or lost throughput that this explains. */
  readonly explains: number;
  readonly evidence: readonly Evidence[];
  /** What to do, in sentences. */
  readonly advice: string;
}

/** What one rule says of one run: three values, since too little evidence is a result (design section 1.3). */
export type Judgement =
  | { readonly verdict: "yes"; readonly finding: Finding }
  | { readonly verdict: "no"; readonly because: string }
  | { readonly verdict: "not-enough-evidence"; readonly missing: string };

export const verdictSchema = "peakproof.verdict/1";

/** `verdict.json`. */
export interface Verdict {
  readonly schema: typeof verdictSchema;
  readonly runId: string;
  readonly answer: Answer;
  /** Ranked: problems by the share they explain, then symptoms, then information. */
  readonly findings: readonly Finding[];
  /** What the other rules said, so that a reader sees what was ruled out and what could not be judged. */
  readonly ruledOut: readonly { readonly code: FindingCode; readonly because: string }[];
  readonly notJudged: readonly { readonly code: FindingCode; readonly missing: string }[];
  readonly capacity: CapacityEstimate;
  readonly budgets: readonly BudgetResult[];
}
