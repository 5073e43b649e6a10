import {
  cleanupSchema,
  type CleanupEntry,
  type CleanupFile,
  type StoreProof,
  type StoreState,
  type Untagged,
} from "../model/cleanup.ts";

/** Of `cleanup.json` before there were several stores. */
export const earlierCleanupSchema = "peakproof.cleanup/1";

/** `cleanup.json` of its first version, which knew one store, the target itself. */
export interface EarlierCleanup {
  readonly runId: string;
  readonly baseline: EarlierState | null;
  readonly entries: readonly EarlierEntry[];
}

type EarlierState = Pick<StoreState, "rows" | "untagged"> & { readonly tombstoned: boolean };

interface EarlierEntry
  extends
    Pick<CleanupEntry, "at" | "dryRun" | "deleted" | "residue" | "untagged" | "verified" | "problems">,
    Pick<StoreProof, "before" | "batches"> {
  readonly plan: Pick<CleanupEntry["plan"], "runId" | "created" | "unknown" | "settleUs" | "reason"> & {
    readonly url: string | null;
    readonly tokenFrom: string | null;
    readonly batch: number;
  };
  readonly untaggedBefore: Untagged | null;
  readonly untaggedAfter: Untagged | null;
  readonly tombstoned: boolean;
}

/** An earlier `cleanup.json` as this version would have written it. */
export function cleanupOfToday({ runId, baseline, entries }: EarlierCleanup): CleanupFile {
  return {
    schema: cleanupSchema,
    runId,
    baseline: baseline === null ? null : { http: baseline },
    entries: entries.map(entryOfToday),
  };
}

function entryOfToday(entry: EarlierEntry): CleanupEntry {
  const { at, dryRun, deleted, residue, untagged, verified, problems, plan } = entry;
  const { url, tokenFrom, batch, ...rest } = plan;
  const name = "http";
  if (url === null)
    return { at, dryRun, deleted, residue, untagged, verified, problems, plan: { ...rest, stores: [] }, stores: [] };
  const store = { name, kind: "http", how: `DELETE ${url}`, secretFrom: tokenFrom, batch, rowsPerSec: 20_000 } as const;
  const { before, batches, untaggedBefore, untaggedAfter, tombstoned } = entry;
  const proof: StoreProof = {
    name,
    before,
    deleted,
    batches,
    residue,
    untagged,
    untaggedBefore,
    untaggedAfter,
    changes: [],
    changesTotal: 0,
    unexplained: 0,
    ours: 0,
    tombstoned,
    verified,
    problems,
  };
  return { at, dryRun, deleted, residue, untagged, verified, problems: [], plan: { ...rest, stores: [store] }, stores: [proof] };
}
