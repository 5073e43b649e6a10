/**
 * Cleanup: journal -> plan -> sweep -> verify. Idempotent and re-runnable from any machine that has the run directory and the
 * token; what it did comes back as one entry of `cleanup.json`.
 */
import type { CleanupEntry, CleanupPlan, SyntheticState } from "../src/model/cleanup.ts";
import type { JournalTotals } from "../src/model/journal.ts";
import type { RunFile } from "../src/model/run.ts";
import { systemClock, type SweepClock } from "./clock.ts";
import { carryOut, type Course } from "./course.ts";
import { openStore } from "./open.ts";
import { endpointOf, planCleanup, wroteNothing } from "./plan.ts";
import { baselineAttempts, withRetries } from "./retry.ts";
import type { SweepProgress } from "./sweep.ts";
import { untaggedShrank, verify } from "./verify.ts";

export { describeProgress, describeProof } from "./describe.ts";
export { refuseLiveRun } from "./live.ts";
export { resolveToken } from "./token.ts";
export { trustedAgain, type TrustFlags } from "./trust.ts";
export type { SweepClock } from "./clock.ts";
export type { SweepProgress } from "./sweep.ts";

export interface CallOptions {
  readonly run: RunFile;
  readonly token: string | null;
  readonly clock?: SweepClock;
  readonly signal?: AbortSignal;
  /** Bound on one call to the store, microseconds. */
  readonly timeoutUs?: number;
}

export interface CleanUpOptions extends CallOptions {
  readonly journal: JournalTotals;
  /** What `readBaseline` gave before the run's first write; null where it was not read. */
  readonly baseline: SyntheticState | null;
  /** Look and plan, remove nothing. */
  readonly dryRun: boolean;
  readonly onProgress?: (progress: SweepProgress) => void;
}

/**
 * Sweeps and verifies what a run left. Trouble with the store, and an aborted signal, are problems of the entry, which is then
 * not verified. Throws Fault `usage` where the record itself gives no usable plan.
 */
export async function cleanUp(options: CleanUpOptions): Promise<CleanupEntry> {
  const { run, journal } = options;
  const plan = planCleanup({ run, journal, admin: run.plan.admin });
  if (plan.kind === "none") return entryWithoutSweep(plan, options);
  const store = openStore(plan, options);
  try {
    return entryOf(plan, options, await carryOut(store, plan, { ...options, clock: options.clock ?? systemClock }));
  } finally {
    await store.close();
  }
}

/**
 * The target's state before the run's first write, or null where the scenario has nothing to sweep. Throws Fault `usage` or
 * `unreachable` where the admin API refuses or cannot be asked: a run whose cleanup cannot work must not start to write.
 */
export async function readBaseline(options: CallOptions): Promise<SyntheticState | null> {
  const { run, signal, clock = systemClock } = options;
  const rules = run.plan.cleanup?.http;
  if (rules === undefined) return null;
  const store = openStore({ runId: run.runId, ...endpointOf(rules, run.runId, run.plan.admin) }, options);
  try {
    return await withRetries(() => store.look(), { attempts: baselineAttempts, clock, signal });
  } finally {
    await store.close();
  }
}

/**
 * Whether exit code 4 is due: something is left, or may be, or untagged rows went away under the sweep. An author's
 * `cleanup: {none: reason}` is their word and no failure, though nothing is verified; neither are untagged rows that others
 * added, nor a dry run.
 */
export function isIncomplete(entry: CleanupEntry): boolean {
  if (entry.dryRun) return false;
  if (entry.plan.kind === "none") return entry.residue !== 0 && entry.plan.reason === null;
  const suspicious = entry.untagged !== "unchanged" && untaggedShrank(entry.untaggedBefore, entry.untaggedAfter);
  return entry.residue !== 0 || !entry.tombstoned || suspicious;
}

function entryOf(plan: CleanupPlan, options: CleanUpOptions, course: Course): CleanupEntry {
  const { before, after, deleted, batches } = course;
  const proof = verify(plan, { baseline: options.baseline, before, after, deleted });
  return {
    at: new Date().toISOString(),
    plan,
    dryRun: options.dryRun,
    before: before?.rows ?? null,
    deleted,
    batches,
    residue: proof.residue,
    untagged: proof.untagged,
    untaggedBefore: before?.untagged ?? null,
    untaggedAfter: after?.untagged ?? null,
    tombstoned: (after ?? before)?.tombstoned ?? false,
    verified: proof.verified,
    problems: [...course.problems, ...proof.problems],
  };
}

/** No store to ask. Only an unbroken journal without a write proves that nothing is left; an author's reason proves nothing. */
function entryWithoutSweep(plan: CleanupPlan, { run, journal, dryRun }: CleanUpOptions): CleanupEntry {
  const clean = wroteNothing(run, journal);
  return {
    at: new Date().toISOString(),
    plan,
    dryRun,
    before: null,
    deleted: 0,
    batches: 0,
    residue: clean ? 0 : null,
    untagged: "not-checked",
    untaggedBefore: null,
    untaggedAfter: null,
    tombstoned: false,
    verified: clean,
    problems: clean ? [] : [unsweptSentence(plan)],
  };
}

function unsweptSentence(plan: CleanupPlan): string {
  if (plan.reason !== null) return `nothing was removed or checked, since the scenario says so (cleanup none: "${plan.reason}")`;
  return "the run wrote, but its scenario says nothing about cleanup: add cleanup: { http: ... } or cleanup: { none: reason }";
}
