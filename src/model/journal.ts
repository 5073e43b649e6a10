/**
 * `journal-<worker>.ndjson`: intent before each write, outcome after it. A line is short, since there is one pair per write.
 * Seed, request number and user give the request of an arrival again, together with what the scenario's `setup` returned. They do not
 * give that of a journey's later steps, which is made of what replies carried there too: of it, only key and created id are known.
 */
import type { Purpose } from "./tags.ts";

/** What this version writes. A file without a header is of version 1 too: the first ones had none. */
export const journalVersion = 1;

/** The first line of a file that holds any. */
export interface JournalHeader {
  readonly k: "v";
  readonly journal: number;
}

/** Written and synced before the write may be sent. */
export interface JournalIntent {
  readonly k: "i";
  /**
   * Request number in the run: an arrival's, and that plus s x 2^32 for step s of its journey. What is no arrival counts by itself:
   * `prepare` down from -1, and `probe`, which `try` sends, up from 0 by operation and journey; `canary` likewise, up to 2^32 - 1.
   */
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
  /** Journal files that are there. */
  readonly files: number;
  readonly intents: number;
  /** Attempts that were accepted: a write that was sent once more on purpose (`writes.replay`) counts twice. */
  readonly created: number;
  readonly rejected: number;
  readonly unsent: number;
  /** Unknown outcomes and intents with none; at least so many where lines are torn, since a torn one may have been an intent. */
  readonly unknown: number;
  readonly perOperation: Readonly<
    Record<string, { readonly intents: number; readonly created: number; readonly unknown: number }>
  >;
  /** Lines that could not be read: a torn last line, usually. A file that could not be read on counts as one more. */
  readonly tornLines: number;
}

/** A write that was accepted, with what the journal has of it. */
export interface AcceptedWrite {
  /** What `created` gave; null where it gave nothing. */
  readonly id: string | null;
  /** Idempotency key that was sent. */
  readonly key: string | null;
  /** User index; null where the line of its intent is torn. */
  readonly user: number | null;
}
