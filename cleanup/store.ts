/**
 * The seam between a sweep and the place it sweeps. A kind of store is one file: what its settings come to for one run (a `StorePlan`,
 * data only), and a `Store` that carries it out. `open.ts` knows them all.
 */
import type { RowCounts, StoreState, UntaggedRow } from "../src/model/cleanup.ts";
import { Fault, type FaultDetail, type FaultKind } from "../src/model/fault.ts";
import type { AcceptedWrite, JournalIntent } from "../src/model/journal.ts";
import type { RunFile } from "../src/model/run.ts";
import type { ScenarioInput } from "../src/model/scenario.ts";

export interface Removal {
  /** Rows that this call took away, retries of it included. */
  readonly deleted: number;
  /** Rows of the run that are left; null where counting them after each batch would cost too much: then 0 deleted means that none is. */
  readonly remaining: number | null;
}

/** One run's rows in one store. Calls throw `StoreFault`; nothing else is expected of them. */
export interface Store {
  /** Counts the run's rows and fingerprints the untagged ones. Changes nothing. */
  look(): Promise<StoreState>;
  /** Throws a StoreFault where removing the run's rows would touch others. Asked of all stores before the first delete in any. */
  guard(): Promise<void>;
  /** Removes at most `limit` of the run's rows, never an untagged one, and closes the run to late arrivals. Idempotent. */
  remove(limit: number): Promise<Removal>;
  /** All rows of others, one by one; null where the store cannot list them. */
  untaggedRows(): AsyncIterable<UntaggedRow> | null;
  /** What makes this sweep slower or less sure than it need be, a sentence each; known after the first look and the guard. */
  readonly warnings?: readonly string[];
  /** Lets go of connections. */
  close(): Promise<void>;
}

/** What a store may need to know. */
export interface StoreContext {
  readonly run: Pick<RunFile, "runId" | "plan">;
  /** The value of the variable that the plan names; null: none is needed. */
  readonly secret: string | null;
  readonly signal?: AbortSignal | undefined;
  /** Bound on one call, microseconds. */
  readonly timeoutUs?: number | undefined;
  readonly journal: JournalAccess;
  /** The scenario that ran. Rejects with a usage Fault where the file is not there, or not the one that ran. */
  readonly scenario: () => Promise<ScenarioInput>;
  /** A store's untagged rows as they were before the run's first write; null where they were not kept. Absent: before it. */
  readonly untaggedThen?: (store: string) => Promise<AsyncIterable<UntaggedRow> | null>;
}

/** The run's journal, read again for each question, in constant memory. */
export interface JournalAccess {
  /** Ids that `created` gave for an operation's writes, load, preparation and all. */
  created(operation: string): AsyncIterable<string>;
  /** An operation's accepted writes, with an id or without: what was sent again and gave the same id is one. */
  accepted(operation: string): AsyncIterable<AcceptedWrite>;
  /** Writes of an operation whose outcome is not known. */
  open(operation: string): AsyncIterable<JournalIntent>;
  /** Accepted ones of which an earlier attempt, with the same key, had no known outcome: applied once by a target that keeps to keys. */
  retried(operation: string): AsyncIterable<JournalIntent>;
}

/** A call that failed, and whether the same call may succeed a little later. */
export class StoreFault extends Fault {
  readonly transient: boolean;
  /** How long the store asked us to wait; null where it did not say. */
  readonly retryAfterUs: number | null;

  constructor(
    kind: FaultKind,
    message: string,
    options: {
      readonly detail?: FaultDetail;
      readonly transient?: boolean;
      readonly retryAfterUs?: number | null;
      readonly cause?: unknown;
    } = {},
  ) {
    super(kind, message, options.detail, { cause: options.cause });
    this.name = "StoreFault";
    this.transient = options.transient ?? false;
    this.retryAfterUs = options.retryAfterUs ?? null;
  }
}

/** What a Redis owes by the journal alone: a count of it is no sign that the run ever wrote to that Redis. */
export const owedByJournal = "counters by journal";
/** Rows that may be there, by writes whose outcome is not known. */
export const ofUnknownOutcome = "unknown";

/** Rows over all places. */
export function totalRows(rows: RowCounts): number {
  return Object.values(rows).reduce((sum, count) => sum + count, 0);
}

/** A fault as one sentence with what came, what was expected and what to do. */
export function sentenceOf({ message, detail }: Fault): string {
  const parts = [
    ...(detail.received === undefined || detail.received === "" ? [] : [`received: ${detail.received}`]),
    ...(detail.expected === undefined ? [] : [`expected: ${detail.expected}`]),
    ...(detail.fix === undefined ? [] : [`to do: ${detail.fix}`]),
  ];
  return [message, ...parts].join("; ");
}
