/**
 * `journal-<worker>.ndjson`: intent before each write, outcome after it. A line is short, since there is one pair per write.
 * What is in the journal is enough to derive the write again: (seed, index, user) give the request.
 */
import type { Purpose } from "./tags.ts";

/** Written and synced before the write may be sent. */
export interface JournalIntent {
  readonly k: "i";
  /** Request number in the run; negative for purposes other than `load` and `warmup`, which have no place in the schedule. */
  readonly n: number;
  /** User index. */
  readonly u: number;
  /** Operation name. */
  readonly op: string;
  readonly p: Purpose;
  /** Attempt, from 1. */
  readonly a: number;
  /** Idempotency key sent, where the operation has one. */
  readonly key?: string;
}

/** Written after it. A write with no outcome line is `unknown`: it may have landed. */
export interface JournalOutcome {
  readonly k: "o";
  readonly n: number;
  readonly op: string;
  readonly p: Purpose;
  readonly a: number;
  /** `created`: accepted; `rejected`: the target said no; `unknown`: no full reply; `unsent`: no byte left us. */
  readonly r: "created" | "rejected" | "unknown" | "unsent";
  /** Created id, where the scenario can tell. */
  readonly id?: string;
  /** Status, where there was one. */
  readonly s?: number;
}

export type JournalLine = JournalIntent | JournalOutcome;

/**
 * A journal folded, in constant memory however long it is: each intent has at most one outcome, so what is unknown follows by
 * subtraction.
 */
export interface JournalTotals {
  readonly intents: number;
  readonly created: number;
  readonly rejected: number;
  readonly unsent: number;
  /** Unknown outcomes and intents with none. */
  readonly unknown: number;
  readonly perOperation: Readonly<
    Record<string, { readonly intents: number; readonly created: number; readonly unknown: number }>
  >;
  /** Lines that could not be read: a torn last line, usually. */
  readonly tornLines: number;
}
