/**
 * The seam between a sweep and the place it sweeps. A new kind of store (PostgreSQL, Redis, the scenario's own `undo`) is one
 * file that implements `Store`, and one line in `open.ts`. Several stores in a row are a Store made of Stores.
 */
import type { RowCounts, SyntheticState } from "../src/model/cleanup.ts";
import { Fault, type FaultDetail, type FaultKind } from "../src/model/fault.ts";

export interface Removal {
  /** Rows that this call took away, retries of it included. */
  readonly deleted: number;
  /** The store after it. */
  readonly state: SyntheticState;
}

/** One run's rows in one kind of store. Calls throw `StoreFault`; nothing else is expected of them. */
export interface Store {
  /** Counts the run's rows and fingerprints the untagged ones. Changes nothing. */
  look(): Promise<SyntheticState>;
  /** Removes at most `limit` of the run's rows, never an untagged one, and closes the run to late arrivals. Idempotent. */
  remove(limit: number): Promise<Removal>;
  /** Lets go of connections. */
  close(): Promise<void>;
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
