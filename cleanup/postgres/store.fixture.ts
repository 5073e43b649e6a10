/** For tests: a PostgreSQL store on a database of their own, and a sweep of it to the end. */
import type { PostgresCleanup } from "../../src/model/cleanup-rules.ts";
import { emptyJournal, exampleRun } from "../example-run.ts";
import { planPostgres } from "./plan.ts";
import { PostgresStore } from "./store.ts";
import { StoreFault, type Store, type StoreContext } from "../store.ts";

export const sweptRun = "20260101-abc";

export interface FixtureOptions {
  readonly runId?: string;
  /** Created ids by operation. */
  readonly created?: Readonly<Record<string, readonly string[]>>;
  readonly context?: Partial<StoreContext>;
}

export function postgresStore(settings: PostgresCleanup, options: FixtureOptions = {}): PostgresStore {
  const { runId = sweptRun, created = {}, context = {} } = options;
  return new PostgresStore(settings, planPostgres(settings, "postgres", runId), {
    run: exampleRun({ runId }),
    secret: null,
    journal: { ...emptyJournal, created: (operation) => each(created[operation] ?? []) },
    scenario: () => Promise.reject(new Error("no scenario in this test")),
    ...context,
  });
}

async function* each<One>(all: readonly One[]): AsyncGenerator<One> {
  yield* all;
}

/** Removes until nothing is left; what fails transiently is tried again `tries` times in a row. Gives how many rows went. */
export async function sweepAll(store: Store, batch = 1_000, tries = 0): Promise<number> {
  let deleted = 0;
  for (let failed = 0; ;) {
    try {
      const removal = await store.remove(batch);
      failed = 0;
      deleted += removal.deleted;
      if (removal.deleted === 0) return deleted;
    } catch (thrown) {
      if (!(thrown instanceof StoreFault) || !thrown.transient || failed >= tries) throw thrown;
      failed += 1;
    }
  }
}
