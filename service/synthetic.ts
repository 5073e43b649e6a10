/** What a synthetic run has left in the store, the caches, the queue and the counters, and its removal. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Crew } from "./crew.ts";
import type { Question } from "./messages.ts";
import type { CheckinQueue } from "./queue.ts";
import type { RedisCodes } from "./redis-codes.ts";
import type { RedisCounters } from "./redis-counters.ts";
import { ApiError } from "./reply.ts";
import type { Store, UntaggedRow, UntaggedRows } from "./store.ts";

/** How long a busy worker may take to say what its cache holds. */
const workerAnswerMs = 2_000;
/** Requests that may wait for their turn: each reads the whole store once. */
const mostWaiting = 8;
/** Rows removed between two turns of the writer's event loop: some 2 ms. */
const rowsPerTurn = 500;

/** What is left of a run, and what all genuine rows are. */
export interface RunState {
  readonly run: string;
  /** `counters`: by how much the run has raised them, where any are kept. */
  readonly rows: { readonly store: number; readonly cache: number; readonly queue: number; readonly counters?: number };
  readonly untagged: UntaggedRows;
  readonly tombstoned: boolean;
}

/** The places where a run leaves something. */
export interface SyntheticParts {
  readonly store: Store;
  readonly queue: CheckinQueue;
  readonly crew: Crew;
  /** What is in a Redis; null where there is none. */
  readonly shared: { readonly codes: RedisCodes; readonly counters: RedisCounters } | null;
  /** Swept runs, for this process and for workers that are yet to start. */
  readonly tombstones: Set<string>;
}

/** Requests take turns, so that two readers of a large store do not share the primary's loop with each other. */
export class SyntheticRuns {
  readonly #parts: SyntheticParts;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(parts: SyntheticParts) {
    this.#parts = parts;
  }

  /** Throws ApiError 503 where a worker is too busy to say what its cache holds: half an answer would look like a clean one. */
  state(run: string): Promise<RunState> {
    return this.#inTurn(() => this.#state(run));
  }

  /**
   * Tombstones the run everywhere, then removes it from the caches, the queue and the counters, and at most `limit` rows of the store.
   * Untagged rows are out of reach: every statement asks for this run. `deleted` is over all places. Errors as for `state`.
   */
  sweep(run: string, limit: number): Promise<RunState & { deleted: number }> {
    return this.#inTurn(async () => {
      const { store, queue, shared, tombstones } = this.#parts;
      tombstones.add(run);
      await store.addTombstone(run);
      await shared?.counters.addTombstone(run);
      let deleted = await this.#overCaches({ kind: "forget", run });
      deleted += await queue.forget(run);
      deleted += await this.#removeRows(run, limit);
      if (shared !== null) deleted += (await shared.codes.forget(run)) + (await shared.counters.forget(run));
      return { ...(await this.#state(run)), deleted };
    });
  }

  /** All genuine rows, one by one. */
  untaggedRows(): AsyncIterable<UntaggedRow> {
    return this.#parts.store.untaggedRows();
  }

  async #state(run: string): Promise<RunState> {
    const { store, queue, shared } = this.#parts;
    const cache = await this.#overCaches({ kind: "count-cache", run });
    const [untagged, stored, queued, tombstoned] = await Promise.all([
      store.untagged(),
      store.rowsOf(run),
      queue.countOf(run),
      store.isTombstoned(run),
    ]);
    const rows = { store: stored, cache, queue: queued };
    if (shared === null) return { run, rows, untagged, tombstoned };
    const { codes, counters } = shared;
    const cachedByAll = await codes.countOf(run);
    const isClosed = tombstoned && (await counters.isTombstoned(run));
    const all = { ...rows, cache: cache + cachedByAll, counters: await counters.countOf(run) };
    return { run, rows: all, untagged, tombstoned: isClosed };
  }

  async #removeRows(run: string, limit: number): Promise<number> {
    let removed = 0;
    while (removed < limit) {
      const wanted = Math.min(rowsPerTurn, limit - removed);
      const now = await this.#parts.store.removeRun(run, wanted);
      removed += now;
      if (now < wanted) break;
      await nextTurn();
    }
    return removed;
  }

  async #overCaches(question: Question): Promise<number> {
    const { byWorker, missing } = await this.#parts.crew.ask(question, workerAnswerMs);
    if (missing > 0) throw new ApiError(503, "workers_busy", "not every worker answered in time", { retryAfterSeconds: 1 });
    let count = 0;
    for (const answer of byWorker.values()) if (answer.kind === "count") count += answer.count;
    return count;
  }

  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#waiting >= mostWaiting)
      throw new ApiError(503, "too_many_sweeps", "too many requests wait for the store", { retryAfterSeconds: 1 });
    this.#waiting += 1;
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    try {
      return await result;
    } finally {
      this.#waiting -= 1;
    }
  }
}
