/** The seam between the service and where its rows are: SQLite inside the service itself, or a PostgreSQL. */
import type { Color, CommandResult, KeyUse, QueuedCheckin, Run, WriteCommand } from "./messages.ts";

/** The tables that hold rows of people, in the order in which a sweep goes: what refers to others first. */
export const tables = ["idempotency_keys", "reports", "checkins", "citizens"] as const;

/** All genuine rows in two figures. */
export interface UntaggedRows {
  readonly count: number;
  /**
   * 16 hexadecimal digits: the sum mod 2^64 of a 64-bit digest per row (SHA-256, cut). It does not depend on the order of rows; equal
   * sums of different sets have a chance of 2^-64.
   */
  readonly checksum: string;
}

/** One genuine row. */
export interface UntaggedRow {
  /** The table. */
  readonly place: string;
  readonly key: string;
  /** Of all its columns, 16 hexadecimal digits. */
  readonly digest: string;
  /** ISO 8601, when it was last written. */
  readonly at: string;
}

/** The store as the primary sees it, through which every change of it goes. */
export interface Store {
  /** Rows in all tables, by whether they carry a run. */
  rows(): Promise<{ readonly tagged: number; readonly untagged: number }>;
  /** Genuine citizens that are there from the start, the same ones every time. Those already stored are left alone. */
  seed(count: number): Promise<void>;
  /** Applies a batch in one transaction; where that fails, none of it has happened and every result says so. Never rejects. */
  apply(commands: readonly WriteCommand[]): Promise<CommandResult[]>;
  /** Stores check-ins, except those of tombstoned runs and those that are there already. Gives how many tombstones left out. */
  addCheckins(checkins: readonly QueuedCheckin[]): Promise<number>;
  /** Rows of a run in all tables. */
  rowsOf(run: string): Promise<number>;
  /** Removes at most `limit` rows of a run, and none of anyone else; gives how many. */
  removeRun(run: string, limit: number): Promise<number>;
  isTombstoned(run: string): Promise<boolean>;
  /** Once it resolves, no write of the run that has not yet been stored ever will be. */
  addTombstone(run: string): Promise<void>;
  tombstones(): Promise<string[]>;
  /** All genuine rows, of one instant. */
  untagged(): Promise<UntaggedRows>;
  /** The same, one by one. */
  untaggedRows(): AsyncIterable<UntaggedRow>;
  close(): Promise<void>;
}

/** What a code is made from. */
export interface CodeRecord {
  readonly id: string;
  readonly color: Color;
  readonly run: Run;
}

/** A stored report as `GET /reports/:id` shows it. */
export interface ReportRecord {
  readonly id: string;
  readonly citizenId: string;
  readonly symptoms: readonly string[];
  readonly temperature: number | null;
  readonly color: Color;
  readonly reportedAt: string;
  /** Rows that the request has made: one, unless it was applied more than once. */
  readonly count: number;
}

/** A stored check-in as `GET /checkins/:id` shows it. */
export interface CheckinRecord {
  readonly id: string;
  readonly citizenId: string;
  readonly venueId: string;
  readonly at: string;
  /** As of a report. */
  readonly count: number;
}

/** What an idempotency key of a run has made. */
export interface KeyRecord {
  readonly id: string;
  readonly fingerprint: string;
  /** As of a report; 0 once the report is gone. */
  readonly count: number;
}

/** What a reader gives: undefined for nothing. */
export type Answer<Value> = Value | undefined | Promise<Value | undefined>;

/** What a worker reads. Undefined: there is none. An embedded store answers at once. */
export interface StoreReader {
  /** Whether a read occupies a connection while it waits for another process. */
  readonly remote: boolean;
  code(citizenId: string): Answer<CodeRecord>;
  report(id: string): Answer<ReportRecord>;
  checkin(id: string): Answer<CheckinRecord>;
  /** The same key in two runs, or in a run and in genuine traffic, is two keys: nobody meets another's. */
  keyed(key: string, run: Run): Answer<KeyRecord>;
}

/** What became of a key's first use: its report's id, null where it was for another request, undefined where there was none. */
export function earlierReport(use: KeyUse, record: KeyRecord | undefined): string | null | undefined {
  if (record === undefined) return undefined;
  return record.fingerprint === use.fingerprint ? record.id : null;
}
