/** Journal to plan: what one run may have left, and the stores that are swept for it. Pure: data in, data out. */
import type { CleanupPlan } from "../src/model/cleanup.ts";
import type { JournalTotals } from "../src/model/journal.ts";
import type { RunFile } from "../src/model/run.ts";
import { settleWithin } from "./bounds.ts";
import { planStores, type PlannedStore } from "./store-plans.ts";
import { hasStores } from "./store-settings.ts";

/**
 * The plan for a run. It has no stores where nothing was written, or where the scenario says that nothing needs to be removed; its
 * `reason` says which, and is null where nobody gave one. Throws Fault `usage` where the record names no usable address.
 */
export function planCleanup(run: RunFile, journal: JournalTotals): CleanupPlan {
  const counts = { runId: run.runId, created: journal.created, unknown: journal.unknown };
  const nothing = { ...counts, stores: [], settleUs: 0 };
  if (wroteNothing(run, journal)) return { ...nothing, reason: "the journal, which is written ahead of every write, holds none" };
  if (!hasStores(run.plan)) return { ...nothing, reason: run.plan.cleanup?.none ?? null };
  const stores = planStores(run);
  return { ...counts, stores: stores.map(({ plan }) => plan), settleUs: Math.max(...stores.map(settleOf)), reason: null };
}

function settleOf({ settings: { kind, settle } }: PlannedStore): number {
  return settleWithin(settle, `cleanup.${kind}.settle`);
}

/**
 * True where no write of the run can have left us: the journal holds no intent and every line of it could be read, and the
 * run's own counts do not contradict it (they do where journal files were lost). What a `setup` writes is in neither, so where there
 * is a store to ask, it is asked; likewise where a run that was killed has no journal at all, since it may have been lost, and the counts
 * with the end of the run.
 */
export function wroteNothing(run: RunFile, journal: JournalTotals): boolean {
  if (journal.intents > 0 || journal.tornLines > 0) return false;
  const mayHide = run.plan.setup === true || (run.ended === null && journal.files === 0);
  if (mayHide && hasStores(run.plan)) return false;
  const writes = new Set(run.plan.operations.filter(({ kind }) => kind === "write").map(({ name }) => name));
  const sent = run.steps.flatMap(({ tally }) => Object.entries(tally?.operations ?? {}).filter(([name]) => writes.has(name)));
  return (run.totals.prepare?.sent ?? 0) === 0 && sent.every(([, tally]) => tally.sent === 0);
}
