/** What a scenario says of removing what a run leaves. Plain data, but for `CustomCleanup`. */

/**
 * Where synthetic rows are found and removed, store by store in the order given here, or why nothing needs to be. What is derived
 * (caches, counters, search indexes) is a store, too. Tokens and addresses with passwords are named (`env:NAME`), never written out.
 */
export type CleanupRules = NoCleanup | StoreRules | readonly StoreRules[];

export interface NoCleanup {
  /** The reason. */
  readonly none: string;
}

/** One store, or several in the order in which they are written. */
export interface StoreRules {
  readonly http?: HttpCleanup;
  readonly postgres?: PostgresCleanup;
  readonly redis?: RedisCleanup;
  readonly undo?: UndoCleanup;
  readonly custom?: CustomCleanup;
}

/** A target that sweeps itself. */
export interface HttpCleanup {
  /** Path on the admin address; `{run}` is replaced by the run id. */
  readonly path: string;
  /** `env:NAME`, or `env:NAME:-fallback` for a value that is no secret (a loopback default). */
  readonly token?: string;
  /** Most rows that one DELETE may remove. Default 500: small enough not to lock a store for long. */
  readonly batch?: number;
  /** Wait before the second look: a 202 may land late. Default `"1s"`. */
  readonly settle?: string;
  /** Path of a list of all untagged rows, by which changes to them are explained one by one: NDJSON of `{place, key, digest, at}`. */
  readonly untagged?: string;
}

/** Tables of a PostgreSQL database, by a column that holds the run id or by created ids. Needs the package `postgres`. */
export interface PostgresCleanup {
  /** `env:NAME` of a `postgres://` address; or the address, where it has no password. */
  readonly url: string;
  /** In the order in which they are swept: what refers to others first. */
  readonly tables: readonly (string | PostgresTable)[];
  /** Column that holds the run id; default `synthetic_run`. */
  readonly tagColumn?: string;
  /** Table of swept runs, where the target refuses what arrives for them: its first column takes the run id. */
  readonly tombstones?: string;
  /** Most rows that one DELETE may remove. Default 1,000. */
  readonly batch?: number;
  /** Most rows removed per second. Default 20,000. */
  readonly rowsPerSec?: number;
  readonly settle?: string;
}

export interface PostgresTable {
  /** `reports` or `schema.reports`. */
  readonly name: string;
  /** Default: that of all tables. */
  readonly tagColumn?: string;
  /** Where rows carry no tag: the column that holds what the operation's `created` gave. */
  readonly ids?: { readonly operation: string; readonly column: string };
  /** Column that says when a row was last changed, by which changes to untagged rows are explained. */
  readonly changedAt?: string;
}

/** Keys, stream entries and counters of a Redis. Needs the package `ioredis`. */
export interface RedisCleanup {
  /** `env:NAME` of a `redis://` address; or the address, where it has no password. */
  readonly url: string;
  /** Patterns with `{run}` in them: keys of this run, found by SCAN. */
  readonly keys?: readonly string[];
  /** Streams that the run shares with others; `field` of an entry holds the run id. */
  readonly streams?: readonly { readonly key: string; readonly field: string }[];
  /** Counters that the run has raised, and by how much: as a key with `{run}` in it says, or so much for each write that was created. */
  readonly counters?: readonly RedisCounter[];
  /** Patterns of the keys that must stay as they are; those of this run are left out. Default: not checked. */
  readonly untagged?: readonly string[];
  /** Set of swept runs, where the target refuses what arrives for them. */
  readonly tombstones?: string;
  /** Keys looked at per SCAN and removed per call. Default 500. */
  readonly batch?: number;
  readonly settle?: string;
}

export type RedisCounter =
  | { readonly key: string; readonly addedIn: string; readonly perCreated?: undefined }
  | { readonly key: string; readonly perCreated: Readonly<Record<string, number>>; readonly addedIn?: undefined };

/** The scenario's own `undo`, sent for every created id: for targets that can delete one by one and know no tag. */
export interface UndoCleanup {
  /** Operations, in the order in which their writes are taken back: what refers to others first. Default: all that have `undo`. */
  readonly operations?: readonly string[];
  /** Most requests per second. Default 200. */
  readonly ratePerSec?: number;
  readonly settle?: string;
}

/** Anything else. Run again later only while the scenario file still is the one that ran. */
export interface CustomCleanup {
  /** What it cleans, for plans and proofs: "search index". */
  readonly name: string;
  /** Counts the run's rows by place, and fingerprints all others where it can. Changes nothing. */
  look(context: CleanupContext): Promise<CustomState>;
  /** Removes at most `limit` of the run's rows and gives how many; may be called again after it failed midway. */
  remove(context: CleanupContext, limit: number): Promise<number>;
  readonly batch?: number;
  readonly settle?: string;
}

export interface CustomState {
  readonly rows: Readonly<Record<string, number>>;
  readonly untagged?: { readonly count: number; readonly checksum: string };
}

/** What a custom cleanup is given. */
export interface CleanupContext {
  readonly runId: string;
  readonly admin: string;
  /** Marks a request as this run's sweep. */
  readonly headers: Readonly<Record<string, string>>;
  /** Created ids of an operation, as the journal has them. */
  readonly created: (operation: string) => AsyncIterable<string>;
  readonly signal: AbortSignal;
}
