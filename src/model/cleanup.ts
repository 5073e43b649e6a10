/** `cleanup.json`: what was to be removed, what was removed, and the proof. */

export const cleanupSchema = "peakproof.cleanup/1";

/** Rows of one run per store (`{store: 12, cache: 3, queue: 0}`), as the target counts them. */
export type RowCounts = Readonly<Record<string, number>>;

/** What the target's `/synthetic/<run>` says. */
export interface SyntheticState {
  readonly run: string;
  readonly rows: RowCounts;
  readonly untagged: { readonly count: number; readonly checksum: string } | null;
  readonly tombstoned: boolean;
}

/** The plan: data only, made from the journal. */
export interface CleanupPlan {
  readonly runId: string;
  readonly created: number;
  readonly unknown: number;
  readonly kind: "http" | "none";
  /** `DELETE http://...` with `{run}` filled in; null for `none`. */
  readonly url: string | null;
  /** Name of the environment variable that holds the token; never the token. */
  readonly tokenFrom: string | null;
  readonly batch: number;
  readonly settleUs: number;
  /** For `none`: the scenario's reason. */
  readonly reason: string | null;
}

export type UntaggedState = "unchanged" | "changed-by-others" | "not-checked";

/** One sweep. */
export interface CleanupEntry {
  /** ISO 8601. */
  readonly at: string;
  readonly plan: CleanupPlan;
  readonly dryRun: boolean;
  /** Rows seen before the first delete; null where the store could not be asked. */
  readonly before: RowCounts | null;
  readonly deleted: number;
  readonly batches: number;
  /** Rows still there after the settle time; null where it could not be read. */
  readonly residue: number | null;
  readonly untagged: UntaggedState;
  /** Before the first delete of this sweep; the state before the run's first write is the file's `baseline`. */
  readonly untaggedBefore: SyntheticState["untagged"];
  readonly untaggedAfter: SyntheticState["untagged"];
  readonly tombstoned: boolean;
  /** Residue 0, untagged rows unchanged, run tombstoned. */
  readonly verified: boolean;
  /** What went wrong, a sentence each. */
  readonly problems: readonly string[];
}

export interface CleanupFile {
  readonly schema: typeof cleanupSchema;
  readonly runId: string;
  /** The store as it was before the first write of the run; null where it was not read. */
  readonly baseline: SyntheticState | null;
  readonly entries: readonly CleanupEntry[];
}
