/** What was seen and done, as an entry of `cleanup.json`. */
import type { CleanupEntry, CleanupPlan, RowCounts, StorePlan, StoreProof, UntaggedState } from "../src/model/cleanup.ts";
import { formatCount } from "../src/model/units.ts";
import type { StoreCourse } from "./course.ts";
import { explainChanges, mostUntaggedRows, type Explained, type RunWrites } from "./explain.ts";
import type { CleanUpOptions } from "./index.ts";
import { ofUnknownOutcome, owedByJournal, totalRows } from "./store.ts";
import { troubleOf } from "./sweep.ts";
import { sameRows, verify } from "./verify.ts";

/** From the least that can be said of rows of others to the most. */
const states: readonly UntaggedState[] = ["not-checked", "changed-by-others", "unchanged"];

/** Judges every store, going through untagged rows one by one where they are not what they were. */
export async function prove(plan: CleanupPlan, courses: readonly StoreCourse[], options: CleanUpOptions): Promise<CleanupEntry> {
  const earlier = options.earlier ?? [];
  const wasClosed = !earlier.some(mayHaveClosed) && courses.some(({ before }) => before?.tombstoned === true);
  const holders = new Set([...courses.filter(hasSeenRows).map(({ plan: { name } }) => name), ...earlier.flatMap(holdersOf)]);
  const stores: StoreProof[] = [];
  for (const course of courses) {
    const proof = await proofOf(plan, course, wasClosed || holders.size > 0, options);
    const isDoubtful = proof.residue === 0 && plan.created > 0 && !wasClosed && !holders.has(proof.name);
    stores.push({ ...proof, ...adviceOf(course, isDoubtful) });
  }
  const residues = stores.map(({ residue }) => residue);
  return {
    at: new Date().toISOString(),
    plan,
    dryRun: options.dryRun,
    stores,
    deleted: stores.reduce((sum, { deleted }) => sum + deleted, 0),
    residue: residues.reduce((sum, residue) => (sum === null || residue === null ? null : sum + residue), 0),
    untagged: states.find((state) => stores.some(({ untagged }) => untagged === state)) ?? "not-checked",
    verified: stores.every(({ verified }) => verified),
    problems: [],
  };
}

/**
 * Whether a sweep may have closed the run itself. Only where none did does a closed run tell that somebody else has swept it before: else
 * to sweep the wrong store twice would be a proof.
 */
function mayHaveClosed({ dryRun, stores }: CleanupEntry): boolean {
  return !dryRun && stores.every(({ before }) => before !== null);
}

/** What can neither be looked for nor removed has been seen by nobody. */
function hasSeenRows({ plan: { kind }, before, after, deleted }: StoreCourse): boolean {
  const left = totalRows(after?.rows ?? {}) - (after?.rows[owedByJournal] ?? 0) - (after?.unresolved?.count ?? 0);
  return deleted > 0 || seenBefore(kind, before?.rows ?? {}) > 0 || left > 0;
}

/** Names of the stores that held rows, or had some removed. */
function holdersOf({ plan, stores }: CleanupEntry): string[] {
  const kindOf = (store: StoreProof): StorePlan["kind"] => plan.stores.find(({ name }) => name === store.name)?.kind ?? "http";
  return stores.filter((store) => store.deleted > 0 || seenBefore(kindOf(store), store.before ?? {}) > 0).map(({ name }) => name);
}

/** Before a sweep by `undo` its rows are ids of the journal, and of a Redis some are: nobody has seen them there. */
function seenBefore(kind: StorePlan["kind"], rows: RowCounts): number {
  if (kind === "undo") return 0;
  const told = kind === "redis" ? (rows[owedByJournal] ?? 0) + (rows[ofUnknownOutcome] ?? 0) : 0;
  return totalRows(rows) - told;
}

async function proofOf(plan: CleanupPlan, course: StoreCourse, seen: boolean, options: CleanUpOptions): Promise<StoreProof> {
  const { before, after, deleted, batches } = course;
  const baseline = options.baseline?.[course.plan.name] ?? null;
  const { explained, problems } = await explainedChanges(course, options);
  const proof = verify(plan, { baseline, before, after, seen, explained });
  return {
    name: course.plan.name,
    before: before?.rows ?? null,
    deleted,
    batches,
    untaggedBefore: before?.untagged ?? null,
    untaggedAfter: after?.untagged ?? null,
    changes: explained?.changes ?? [],
    changesTotal: explained?.total ?? 0,
    unexplained: explained?.unexplained ?? 0,
    ours: explained?.ours ?? 0,
    tombstoned: (after ?? before)?.tombstoned ?? null,
    ...proof,
    problems: [...course.problems, ...proof.problems, ...problems],
  };
}

function adviceOf({ store: { warnings = [] } }: StoreCourse, isDoubtful: boolean): Pick<StoreProof, "advice"> {
  const advice = isDoubtful ? [...warnings, neverHeld] : warnings;
  return advice.length === 0 ? {} : { advice };
}

/** No fault, since what is derived expires by itself; but the address of another environment looks the same. */
const neverHeld = "it never held a row of this run, though another store did: make sure that it belongs to the target";

interface Explanation {
  readonly explained: Explained | null;
  readonly problems: readonly string[];
}

const nothing: Explanation = { explained: null, problems: [] };

/** Only where they changed, were kept, and can be listed again. Trouble with either list is a problem of the store. */
async function explainedChanges(course: StoreCourse, options: CleanUpOptions): Promise<Explanation> {
  const { store, plan, after } = course;
  const then = options.baseline?.[plan.name]?.untagged ?? null;
  if (then === null || after === null || after.untagged === null || sameRows(then, after.untagged)) return nothing;
  options.onProgress?.({ phase: "explain", store: plan.name, deleted: course.deleted, batches: course.batches, remaining: null });
  try {
    const now = store.untaggedRows();
    if (now === null) return nothing;
    const before = (await options.untaggedThen?.(plan.name)) ?? null;
    const explained = before === null ? null : await explainChanges(before, now, writesOf(options));
    return explained === null ? unexplainable(before === null) : { explained, problems: [] };
  } catch (thrown) {
    return { explained: null, problems: [troubleOf(thrown, options.signal)] };
  }
}

function unexplainable(isMissing: boolean): Explanation {
  const most = `more than the ${formatCount(mostUntaggedRows)} that are gone through one by one`;
  const why = isMissing
    ? `no whole list of them was kept before the run's first write; there is none where they are ${most}`
    : `they are ${most}`;
  return { explained: null, problems: [`what changed in untagged rows is not explained: ${why}`] };
}

function writesOf({ run, totals, journal }: CleanUpOptions): RunWrites {
  const { operations } = run.plan;
  async function* ids(): AsyncGenerator<string> {
    for (const { name, kind } of operations) if (kind === "write") yield* journal.created(name);
  }
  return { startedAt: run.startedAt, count: totals.created + totals.unknown + totals.tornLines, ids };
}
