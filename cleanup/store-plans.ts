/** What a scenario's stores come to for one run: plans, their names, and the secrets that they need. */
import type { StorePlan } from "../src/model/cleanup.ts";
import type { RunPlan, StoreSettings } from "../src/model/plan.ts";
import type { RunFile } from "../src/model/run.ts";
import { Fault } from "../src/model/fault.ts";
import { show } from "../src/scenario/show.ts";
import { planCustom } from "./custom.ts";
import { planHttp } from "./http/plan.ts";
import { planPostgres } from "./postgres/plan.ts";
import { planRedis } from "./redis/store.ts";
import { storesOf } from "./store-settings.ts";
import { planUndo } from "./undo/store.ts";

/** A store's settings with what they come to. */
export interface PlannedStore {
  readonly settings: StoreSettings;
  readonly plan: StorePlan;
}

/** The stores of a run, in the order in which they are swept; none where its scenario names none. Throws usage Faults. */
export function planStores({ runId, plan }: Pick<RunFile, "runId" | "plan">): PlannedStore[] {
  const stores = storesOf(plan);
  const names = namesOf(stores);
  return stores.map((settings, at) => ({ settings, plan: planStore(settings, names[at] ?? settings.kind, runId, plan) }));
}

/** `postgres`, and `postgres-2` for the second. */
function namesOf(stores: readonly StoreSettings[]): string[] {
  const seen = new Map<string, number>();
  return stores.map(({ kind }) => {
    const count = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, count);
    return count === 1 ? kind : `${kind}-${count}`;
  });
}

function planStore(settings: StoreSettings, name: string, runId: string, run: RunPlan): StorePlan {
  switch (settings.kind) {
    case "http":
      return planHttp(settings, name, runId, run.admin);
    case "postgres":
      return planPostgres(settings, name, runId);
    case "redis":
      return planRedis(settings, name, runId);
    case "undo":
      return planUndo(settings, name, run);
    case "custom":
      return planCustom(settings, name);
    default:
      throw unknownKind(settings);
  }
}

/** run.json may be a newer version's, or edited; and a kind is part of a file's name. */
function unknownKind({ kind }: { readonly kind: unknown }): Fault {
  return new Fault("usage", "run.json names a kind of store that this Peakproof does not know", {
    received: show(kind),
    expected: "http, postgres, redis, undo or custom",
    fix: "clean up with the version of Peakproof that made the run, or a newer one",
  });
}
