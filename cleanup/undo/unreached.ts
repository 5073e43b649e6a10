/** Writes that no store of a run can find: neither by a tag nor by a created id. */
import type { StoreSettings } from "../../src/model/plan.ts";
import type { Operation } from "../../src/model/scenario.ts";

/** Names of write operations whose rows no store would remove. */
export function unreachedOperations(
  stores: readonly StoreSettings[],
  operations: Readonly<Record<string, Pick<Operation, "kind" | "undo">>>,
): string[] {
  if (stores.some(goesByTag)) return [];
  const writes = Object.entries(operations).filter(([, { kind }]) => kind === "write");
  return writes
    .filter(([name, { undo }]) => !stores.some((store) => reaches(store, name, undo !== undefined)))
    .map(([name]) => name);
}

/** Whether a store finds what carries the run's tag, or is left to find what it may. */
function goesByTag(store: StoreSettings): boolean {
  if (store.kind === "postgres") return store.tables.some((table) => typeof table === "string" || table.ids === undefined);
  return store.kind !== "undo";
}

function reaches(store: StoreSettings, operation: string, hasUndo: boolean): boolean {
  if (store.kind === "undo") return hasUndo && (store.operations?.includes(operation) ?? true);
  if (store.kind !== "postgres") return false;
  return store.tables.some((table) => typeof table !== "string" && table.ids?.operation === operation);
}
