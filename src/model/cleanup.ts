/** `cleanup.json`: what was to be removed, what was removed, and the proof. */

export const cleanupSchema = "peakproof.cleanup/2";

/** Rows of one run by place (`{store: 12, cache: 3, queue: 0}`), as a store counts them. */
export type RowCounts = Readonly<Record<string, number>>;

/** All rows of others in two figures: a count, and a checksum that does not depend on their order. */
export interface Untagged {
  readonly count: number;
  readonly checksum: string;
}

/** One look at a store: what of a run is there, and what of others. */
export interface StoreState {
  readonly rows: RowCounts;
  /** Null where the store cannot tell. */
  readonly untagged: Untagged | null;
  /** Whether it refuses what still arrives for the run; null where it knows no such thing. */
  readonly tombstoned: boolean | null;
  /** Of `rows`, those that can neither be looked for nor removed, so that no sweep changes them, and why. Absent: none. */
  readonly unresolved?: { readonly count: number; readonly problems: readonly string[] };
}

/** One row of others, by which a change is explained. */
export interface UntaggedRow {
  /** Table, key space, whatever the store calls it. */
  readonly place: string;
  /** Its identity there: the primary key, the name of the key. */
  readonly key: string;
  /** Of all that it holds. */
  readonly digest: string;
  /** ISO 8601, when it was last changed; null where the store does not know. */
  readonly at: string | null;
}

/** What became of one row of others between the run's first write and the end of the sweep. */
export interface UntaggedChange {
  readonly place: string;
  readonly key: string;
  readonly change: "added" | "changed" | "removed";
  readonly at: string | null;
  /**
   * Whether it is accounted for: last changed after the run began, and no row that one of its writes made. What a write changes in a row
   * of others besides looks the same, and is not told apart.
   */
  readonly explained: boolean;
  /** By what, or why it is not. A sentence. */
  readonly because: string;
}

/** One store of a plan. */
export interface StorePlan {
  /** Unique in the plan: its kind, with a number from the second of a kind on. */
  readonly name: string;
  readonly kind: "http" | "postgres" | "redis" | "undo" | "custom";
  /** How it removes, in a sentence without a secret: `DELETE http://127.0.0.1:8461/synthetic/<run>`. */
  readonly how: string;
  /** Name of the environment variable that holds its token or address; null: none is needed. */
  readonly secretFrom: string | null;
  /** Most rows removed at a time. */
  readonly batch: number;
  readonly rowsPerSec: number;
}

/** The plan: data only, made from the journal. */
export interface CleanupPlan {
  readonly runId: string;
  /** Attempts that were accepted: a write that was sent once more on purpose (`writes.replay`) counts twice. */
  readonly created: number;
  readonly unknown: number;
  /** In the order in which they are swept; empty: nothing is to be removed, and `reason` says why. */
  readonly stores: readonly StorePlan[];
  /** Wait before the second look: the longest of the stores'. */
  readonly settleUs: number;
  readonly reason: string | null;
}

export type UntaggedState = "unchanged" | "changed-by-others" | "not-checked";

/** What one sweep did to one store. */
export interface StoreProof {
  readonly name: string;
  /** Rows seen before the first delete; null where the store could not be asked. */
  readonly before: RowCounts | null;
  readonly deleted: number;
  readonly batches: number;
  /** Rows still there after the settle time; null where it could not be read. */
  readonly residue: number | null;
  readonly untagged: UntaggedState;
  /** Before the first delete of this sweep; the state before the run's first write is the file's `baseline`. */
  readonly untaggedBefore: Untagged | null;
  readonly untaggedAfter: Untagged | null;
  /** The first hundred; `changesTotal` counts all. */
  readonly changes: readonly UntaggedChange[];
  readonly changesTotal: number;
  /** Of the changes, those that are not explained. */
  readonly unexplained: number;
  /** Of those, the ones under a key that a write of the run was given: rows of its own, maybe, that carry no tag. */
  readonly ours: number;
  /** Null: it knows no tombstones. */
  readonly tombstoned: boolean | null;
  readonly verified: boolean;
  /** What went wrong, a sentence each. */
  readonly problems: readonly string[];
  /** What would make the next sweep easier or surer, a sentence each; absent: nothing. It takes nothing away from the proof. */
  readonly advice?: readonly string[];
}

/** One sweep. What it says of all stores together stands beside what each of them says. */
export interface CleanupEntry {
  /** ISO 8601. */
  readonly at: string;
  readonly plan: CleanupPlan;
  readonly dryRun: boolean;
  readonly stores: readonly StoreProof[];
  readonly deleted: number;
  /** Null where that of any store is not known. */
  readonly residue: number | null;
  /** The worst of the stores: `not-checked`, then `changed-by-others`. */
  readonly untagged: UntaggedState;
  /**
   * Residue 0 in every store, each closed to late arrivals as far as it knows that, and untagged rows unchanged but for changes that are
   * explained one by one.
   */
  readonly verified: boolean;
  /** Those of no store in particular. */
  readonly problems: readonly string[];
}

export interface CleanupFile {
  readonly schema: typeof cleanupSchema;
  readonly runId: string;
  /** The stores by name as they were before the run's first write; null where they were not read. */
  readonly baseline: Readonly<Record<string, StoreState>> | null;
  readonly entries: readonly CleanupEntry[];
}
