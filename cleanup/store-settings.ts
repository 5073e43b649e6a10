import type { RunPlan, StoreSettings } from "../src/model/plan.ts";

/** The stores that a scenario names; none where it says that nothing needs to be removed, or says nothing. */
export function storesOf({ cleanup }: Pick<RunPlan, "cleanup">): readonly StoreSettings[] {
  return cleanup === null || cleanup.none !== undefined ? [] : cleanup.stores;
}

/** Whether there is any store to sweep. */
export function hasStores(plan: Pick<RunPlan, "cleanup">): boolean {
  return storesOf(plan).length > 0;
}
