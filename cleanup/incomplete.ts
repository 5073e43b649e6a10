/** Whether something may be left of a run, by its record alone: nobody is asked. */
import type { CleanupEntry } from "../src/model/cleanup.ts";
import type { Traces } from "../src/model/record.ts";
import { wroteNothing } from "./plan.ts";
import { untaggedShrank } from "./verify.ts";

/**
 * Whether exit code 4 is due: something is left, or may be (a row without the tag under a key that the run was given, too), or untagged
 * rows went away under the sweep. An author's `cleanup: {none: reason}` is their word and no failure, though nothing is verified; nor is
 * a dry run. Nor are other untagged rows that changed and are not explained: on a live system people change and delete their own, and
 * to be able to list rows must not fail a sweep that would pass where nobody can. They keep it from being verified.
 */
export function isIncomplete(entry: CleanupEntry): boolean {
  if (entry.dryRun) return false;
  if (entry.plan.stores.length === 0) return entry.residue !== 0 && entry.plan.reason === null;
  return entry.stores.some(
    (store) =>
      store.residue !== 0 ||
      store.tombstoned === false ||
      store.ours > 0 ||
      untaggedShrank(store.untaggedBefore, store.untaggedAfter),
  );
}

/**
 * Whether a run may have left something for a sweep: it may have written, its scenario does not say that nothing needs to be removed,
 * and no sweep has come to its end with nothing left.
 */
export function mayHaveLeft({ run, journal, cleanup }: Pick<Traces, "run" | "journal" | "cleanup">): boolean {
  if (run.plan.cleanup?.none !== undefined || wroteNothing(run, journal)) return false;
  return !(cleanup?.entries ?? []).some((entry) => !entry.dryRun && !isIncomplete(entry));
}
