/** Removes a run's rows in bounded batches, slowly enough not to be a load itself, and stops when it gets nowhere. */
import type { StorePlan } from "../src/model/cleanup.ts";
import { errnoOf, Fault, messageOf } from "../src/model/fault.ts";
import { countOf, formatCount } from "../src/model/units.ts";
import type { SweepClock } from "./clock.ts";
import { backoffUs, sweepAttempts, withRetries } from "./retry.ts";
import { sentenceOf, type Store } from "./store.ts";

export const sweepBounds = {
  /** Batches allowed, as a multiple of those that the rows seen would fill: a target may remove fewer than it was asked for. */
  batchesFactor: 10,
  /** Batches allowed on top, for rows that land while we sweep. */
  spareBatches: 10,
  /** Batches in one sweep whatever the target claims to hold: 500 million rows of 500, seven hours at the rate above. */
  mostBatches: 1_000_000,
  /** Batches in a row without a new lowest count of rows, after which the sweep is going nowhere. A guess. */
  stalledBatches: 5,
} as const;

export interface SweepProgress {
  readonly phase: "look" | "sweep" | "settle" | "explain";
  /** Name of the store; null while it is about all of them. */
  readonly store: string | null;
  readonly deleted: number;
  readonly batches: number;
  /** Rows left at the last reply; null before the first, and where the store does not count them. */
  readonly remaining: number | null;
}

export interface SweepOptions {
  readonly clock: SweepClock;
  /** Those that the last look found: by them the batches of a store are bounded that does not count what is left. */
  readonly rows?: number;
  readonly onProgress?: ((progress: SweepProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SweepResult {
  readonly deleted: number;
  readonly batches: number;
  /** Why it stopped with rows left, a sentence; null where none are left. */
  readonly problem: string | null;
  /** False where the store refused or could not be asked any more, or we were stopped: asking it again is useless now. */
  readonly answered: boolean;
}

/**
 * Sweeps until no row is left or a bound says stop. At least one batch is always sent, even for no rows: it closes the run to late
 * arrivals. Trouble with the store and an aborted signal come back as `problem`; only our own mistakes are thrown.
 */
export async function sweep(store: Store, plan: StorePlan, options: SweepOptions): Promise<SweepResult> {
  const tally: Tally = { deleted: 0, batches: 0 };
  try {
    return { problem: await removeAll(store, plan, options, tally), answered: true, ...tally };
  } catch (thrown) {
    return { problem: troubleOf(thrown, options.signal), answered: false, ...tally };
  }
}

/**
 * A sentence for what failed or was stopped: a store, the scenario that it needs, a file of the record. Anything else is our mistake and
 * is thrown on.
 */
export function troubleOf(thrown: unknown, signal: AbortSignal | undefined): string {
  if (signal?.aborted === true) return "stopped before it was finished: run peakproof cleanup again for this run";
  if (thrown instanceof Fault && thrown.kind !== "internal") return sentenceOf(thrown);
  if (errnoOf(thrown) !== undefined) return messageOf(thrown);
  throw thrown;
}

interface Tally {
  deleted: number;
  batches: number;
}

async function removeAll(store: Store, plan: StorePlan, options: SweepOptions, tally: Tally): Promise<string | null> {
  const { clock, signal, onProgress, rows = Number.POSITIVE_INFINITY } = options;
  let lowest = Number.POSITIVE_INFINITY;
  let stalled = 0;
  let allowed = batchesFor(rows, plan.batch);
  for (;;) {
    const startedUs = clock.nowUs();
    const { deleted, remaining } = await withRetries(() => store.remove(plan.batch), { attempts: sweepAttempts, clock, signal });
    tally.deleted += deleted;
    tally.batches += 1;
    onProgress?.({ phase: "sweep", store: plan.name, deleted: tally.deleted, batches: tally.batches, remaining });
    if (remaining === 0 || (remaining === null && deleted === 0)) return null;
    if (tally.batches === 1 && remaining !== null) allowed = batchesFor(remaining, plan.batch);
    if (tally.batches >= allowed)
      return `stopped after ${formatCount(tally.batches)} batches, more than its rows should have needed`;
    if (remaining !== null) {
      stalled = remaining < lowest ? 0 : stalled + 1;
      if (stalled >= sweepBounds.stalledBatches) return stalledSentence(remaining);
      lowest = Math.min(lowest, remaining);
    }
    await clock.sleep(pauseUs(startedUs, clock.nowUs(), deleted / plan.rowsPerSec, stalled), signal);
  }
}

/** Batches that a sweep may take in all: from the rows left after its first where the store counts them, else from those last seen. */
export function batchesFor(rows: number, batch: number): number {
  const { batchesFactor, spareBatches, mostBatches } = sweepBounds;
  return Math.min(mostBatches, 1 + spareBatches + batchesFactor * Math.ceil(rows / batch));
}

function stalledSentence(remaining: number): string {
  return `stopped: ${countOf(remaining, "row")} left and no fewer after ${sweepBounds.stalledBatches} more batches; is something still writing for this run?`;
}

/** Each batch pays for its own rows, so that a slow batch earns no burst; a batch without effect also waits as after a failure. */
function pauseUs(startedUs: number, nowUs: number, owedSeconds: number, stalled: number): number {
  const paidUs = startedUs + owedSeconds * 1_000_000 - nowUs;
  return Math.max(0, paidUs, stalled === 0 ? 0 : backoffUs(stalled, Math.random()));
}
