/**
 * Cleanup: journal -> plan -> sweep -> verify. Idempotent and re-runnable from any machine that has the run directory and the
 * secrets; what it did comes back as one entry of `cleanup.json`.
 */
import type { CleanupEntry, CleanupFile, CleanupPlan, StoreState, UntaggedRow } from "../src/model/cleanup.ts";
import type { JournalTotals } from "../src/model/journal.ts";
import type { RunFile } from "../src/model/run.ts";
import { systemClock, type SweepClock } from "./clock.ts";
import { carryOut, type CourseOptions, type StoreCourse } from "./course.ts";
import { closeStores, openStores, type OpenOptions } from "./open.ts";
import { planCleanup, wroteNothing } from "./plan.ts";
import { prove } from "./prove.ts";
import { baselineAttempts, withRetries } from "./retry.ts";
import type { SweepProgress } from "./sweep.ts";

export { describeBriefly, describeProgress, describeProof, troublesOf } from "./describe.ts";
export { mostUntaggedRows } from "./explain.ts";
export { isIncomplete, mayHaveLeft } from "./incomplete.ts";
export { refuseLiveRun } from "./live.ts";
export { storeHosts } from "./reach.ts";
export { adminToken, resolveSecrets } from "./secrets.ts";
export { planStores } from "./store-plans.ts";
export { hasStores } from "./store-settings.ts";
export { trustedAgain, type TrustFlags } from "./trust.ts";
export type { SweepClock } from "./clock.ts";
export type { JournalAccess } from "./store.ts";
export type { SweepProgress } from "./sweep.ts";

export interface CallOptions extends Omit<OpenOptions, "run"> {
  readonly run: RunFile;
  readonly clock?: SweepClock;
}

export interface CleanUpOptions extends CallOptions {
  readonly totals: JournalTotals;
  /** What `readBaseline` gave before the run's first write; null where it was not read. */
  readonly baseline: CleanupFile["baseline"];
  /** What earlier sweeps of the run did; none by default. */
  readonly earlier?: readonly CleanupEntry[];
  /** Look and plan, remove nothing. */
  readonly dryRun: boolean;
  readonly onProgress?: (progress: SweepProgress) => void;
  /**
   * Called with the entry as it stands until the end, before the first delete and after each sweep: whoever keeps it knows after a kill
   * what was there, since a store that closes no run does not tell that it was swept.
   */
  readonly onUnfinished?: (entry: CleanupEntry) => void;
  /**
   * For a sweep beside those of other runs with the same baseline (a handshake's canaries): awaited once all that was found is removed,
   * and resolved when that holds for all of them, so that nothing of theirs is in any last look.
   */
  readonly together?: () => Promise<void>;
}

/**
 * Sweeps and verifies what a run left. Trouble with the store, and an aborted signal, are problems of the entry, which is then
 * not verified. Throws Fault `usage` where the record itself gives no usable plan.
 */
export async function cleanUp(options: CleanUpOptions): Promise<CleanupEntry> {
  const plan = planCleanup(options.run, options.totals);
  if (plan.stores.length === 0) return entryWithoutSweep(plan, options);
  const stores = openStores(options);
  try {
    const onState = async (courses: readonly StoreCourse[]): Promise<void> =>
      options.onUnfinished?.({ ...(await prove(plan, courses, options)), problems: [cutOff] });
    const courseOptions: CourseOptions = { ...options, clock: options.clock ?? systemClock, onState };
    const courses = await carryOut(stores, plan, courseOptions);
    const judged = options.together === undefined ? courses : courses.map((course) => besideOthers(course, options.baseline));
    return await prove(plan, judged, options);
  } finally {
    await closeStores(stores);
  }
}

/**
 * What the others raised in a row that all share, such as a counter, goes with their own sweeps: so no untagged row of the first look that
 * the baseline lacks is missed later. One that is gone before the first look was not removed by a sweep either.
 */
function besideOthers(course: StoreCourse, baseline: CleanupFile["baseline"]): StoreCourse {
  const { before, plan } = course;
  const shared = baseline?.[plan.name]?.untagged ?? null;
  if (before === null || before.untagged === null || shared === null || before.untagged.count <= shared.count) return course;
  return { ...course, before: { ...before, untagged: shared } };
}

const cutOff = "the sweep was cut off before its end: run peakproof cleanup again for this run";

/** The stores as they are before a run's first write, and what each has of untagged rows, where it can list them. */
export interface Baseline {
  readonly states: Readonly<Record<string, StoreState>>;
  /** Called once per store; reads the store. Null where it cannot list its rows. */
  readonly untagged: (store: string) => AsyncIterable<UntaggedRow> | null;
}

/**
 * Reads the state of every store before the run's first write, and hands it to `keep` while they are open. Does nothing where the
 * scenario has nothing to sweep. Throws Fault `usage` or `unreachable` where a store refuses or cannot be asked: a run whose cleanup
 * cannot work must not start to write.
 */
export async function readBaseline(options: CallOptions, keep: (baseline: Baseline) => Promise<void>): Promise<void> {
  const stores = openStores(options);
  if (stores.length === 0) return;
  const { signal, clock = systemClock } = options;
  try {
    const states: Record<string, StoreState> = {};
    for (const { plan, store } of stores) {
      states[plan.name] = await withRetries(() => store.look(), { attempts: baselineAttempts, clock, signal });
      await withRetries(() => store.guard(), { attempts: baselineAttempts, clock, signal });
    }
    await keep({ states, untagged: (name) => stores.find(({ plan }) => plan.name === name)?.store.untaggedRows() ?? null });
  } finally {
    await closeStores(stores);
  }
}

/** No store to ask. Only an unbroken journal without a write proves that nothing is left; an author's reason proves nothing. */
function entryWithoutSweep(plan: CleanupPlan, { run, totals, dryRun }: CleanUpOptions): CleanupEntry {
  const clean = wroteNothing(run, totals);
  return {
    at: new Date().toISOString(),
    plan,
    dryRun,
    stores: [],
    deleted: 0,
    residue: clean ? 0 : null,
    untagged: "not-checked",
    verified: clean,
    problems: clean ? [] : [unsweptSentence(plan)],
  };
}

function unsweptSentence(plan: CleanupPlan): string {
  if (plan.reason !== null) return `nothing was removed or checked, since the scenario says so (cleanup none: "${plan.reason}")`;
  return "the run wrote, but its scenario says nothing about cleanup: name its stores (cleanup: { http: ... }) or say why nothing is left (cleanup: { none: reason })";
}
