/** Opens the stores of a run. */
import type { StorePlan } from "../src/model/cleanup.ts";
import { CustomStore } from "./custom.ts";
import { HttpStore } from "./http/store.ts";
import { PostgresStore } from "./postgres/store.ts";
import { RedisStore } from "./redis/store.ts";
import type { Secrets } from "./secrets.ts";
import type { Store, StoreContext } from "./store.ts";
import { planStores, type PlannedStore } from "./store-plans.ts";
import { UndoStore } from "./undo/store.ts";

/** A store of a plan, ready to be asked. */
export interface OpenStore {
  readonly plan: StorePlan;
  readonly store: Store;
}

/** What all stores of a run are opened with. */
export interface OpenOptions extends Omit<StoreContext, "secret"> {
  readonly secrets: Secrets;
}

/** All stores of a run, in order. Nothing is sent yet. Throws usage Faults. */
export function openStores(options: OpenOptions): OpenStore[] {
  return planStores(options.run).map((planned) => ({ plan: planned.plan, store: openStore(planned, options) }));
}

/** Lets go of all of them, whatever becomes of each. */
export async function closeStores(stores: readonly OpenStore[]): Promise<void> {
  await Promise.allSettled(stores.map(({ store }) => store.close()));
}

function openStore({ settings, plan }: PlannedStore, { secrets, ...shared }: OpenOptions): Store {
  const context: StoreContext = { ...shared, secret: secrets[plan.name] ?? null };
  switch (settings.kind) {
    case "http":
      return new HttpStore(settings, plan, context);
    case "postgres":
      return new PostgresStore(settings, plan, context);
    case "redis":
      return new RedisStore(settings, plan, context);
    case "undo":
      return new UndoStore(settings, plan, context);
    default:
      return new CustomStore(settings, plan, context);
  }
}
