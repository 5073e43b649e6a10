/** A target in memory, a run that wrote to it, and its cleanup by a clock that never waits. */
import { afterAll, afterEach, beforeAll } from "vitest";
import type { CleanupEntry, CleanupFile, UntaggedRow } from "../src/model/cleanup.ts";
import type { JournalTotals } from "../src/model/journal.ts";
import type { CleanupSettings } from "../src/model/plan.ts";
import { emptyJournal, exampleJournal, exampleRun } from "./example-run.ts";
import { InMemoryTarget } from "./in-memory-target.ts";
import { cleanUp, readBaseline, type CallOptions, type SweepClock, type SweepProgress } from "./index.ts";
import type { JournalAccess } from "./store.ts";

/** The run that is cleaned up. */
export const runId = "20260101-abc";
/** Started before the first test, and empty before each. */
export let target: InMemoryTarget;
beforeAll(async () => (target = await InMemoryTarget.start()));
afterAll(() => target.stop());
afterEach(() => target.reset());

/** Waits pass at once and are counted; `onSettle` happens during the n-th settle time, where late rows land. */
export function fakeClock(onSettle: (settled: number) => void = () => {}): SweepClock {
  let us = 0;
  let settled = 0;
  return {
    nowUs: () => us,
    sleep: async (sleptUs, signal) => {
      us += sleptUs;
      if (sleptUs === settleUs) onSettle(++settled);
      signal?.throwIfAborted();
    },
  };
}
/** An odd figure, so that the fake clock can tell it from a back-off. */
const settleUs = 1_234_567;

interface Given {
  readonly journal?: Partial<JournalTotals>;
  readonly access?: JournalAccess;
  readonly baseline?: CleanupFile["baseline"];
  readonly untaggedThen?: (store: string) => Promise<AsyncIterable<UntaggedRow> | null>;
  readonly cleanup?: CleanupSettings | null;
  readonly dryRun?: boolean;
  readonly token?: string;
  readonly clock?: SweepClock;
  readonly signal?: AbortSignal;
  readonly timeoutUs?: number;
  readonly earlier?: readonly CleanupEntry[];
  readonly onProgress?: (progress: SweepProgress) => void;
  readonly onUnfinished?: (entry: CleanupEntry) => void;
  readonly together?: () => Promise<void>;
}

const http: CleanupSettings = {
  stores: [
    {
      kind: "http",
      path: "/synthetic/{run}",
      token: "env:PEAKPROOF_TOKEN",
      batch: 10,
      settle: `${settleUs}us`,
      untagged: "/synthetic/{run}/untagged",
    },
  ],
};
/** Its record, with these rules for its cleanup. */
export const theRun = (cleanup: CleanupSettings | null = http) => exampleRun({ runId, plan: { admin: target.admin, cleanup } });

/** What its stores are opened with. */
export function access(given: Partial<CallOptions> = {}): CallOptions {
  const { token } = target;
  const secrets = { http: token, "http-2": token, "http-3": token };
  return { run: theRun(), secrets, journal: emptyJournal, scenario: noScenario, clock: fakeClock(), ...given };
}

const noScenario = (): Promise<never> => Promise.reject(new Error("no store of these tests needs it"));

/** Cleans the run up, as `peakproof cleanup` would. */
export function clean(given: Given = {}): Promise<CleanupEntry> {
  const { journal = {}, access: lines = emptyJournal, baseline = null, cleanup, token, dryRun = false, ...rest } = given;
  const secrets = token === undefined ? {} : { secrets: { http: token } };
  const options = { ...access({ run: theRun(cleanup), journal: lines, ...secrets }), ...rest };
  return cleanUp({ ...options, totals: exampleJournal(journal), baseline, dryRun });
}

/** The state of its stores now, as it is read before a run. */
export async function baselineOf(cleanup?: CleanupSettings): Promise<CleanupFile["baseline"]> {
  let states: CleanupFile["baseline"] = null;
  const run = theRun(cleanup);
  await readBaseline(access({ run }), async (baseline) => void (states = baseline.states));
  return states;
}
