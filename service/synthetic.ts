/** What a synthetic run has left in the store, the caches and the queue, and its removal. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { untaggedRows, type UntaggedRows } from "./checksum.ts";
import type { Crew } from "./crew.ts";
import type { Question } from "./messages.ts";
import type { WriteQueue } from "./queue.ts";
import { ApiError } from "./reply.ts";
import type { Writer } from "./writer.ts";

/** How long a busy worker may take to say what its cache holds. */
const workerAnswerMs = 2_000;
/** Requests that may wait for their turn: each reads the whole store once. */
const mostWaiting = 8;
/** Rows removed between two turns of the writer's event loop: some 2 ms. */
const rowsPerTurn = 500;

/** What is left of a run, and what all genuine rows are. */
export interface RunState {
  readonly run: string;
  readonly rows: { readonly store: number; readonly cache: number; readonly queue: number };
  readonly untagged: UntaggedRows;
  readonly tombstoned: boolean;
}

/** The places where a run leaves something. */
export interface SyntheticParts {
  readonly writer: Writer;
  readonly queue: WriteQueue;
  readonly crew: Crew;
  readonly databasePath: string;
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
   * Tombstones the run, then removes it from the workers' caches, the queue, and at most `limit` rows of the store. Untagged rows
   * are out of reach: every statement asks for this run. `deleted` is over all places. Errors as for `state`.
   */
  sweep(run: string, limit: number): Promise<RunState & { deleted: number }> {
    return this.#inTurn(async () => {
      const { writer, queue } = this.#parts;
      writer.tombstones.add(run);
      const deleted =
        (await this.#overCaches({ kind: "forget", run })) + queue.forget(run) + (await this.#removeRows(run, limit));
      return { ...(await this.#state(run)), deleted };
    });
  }

  async #state(run: string): Promise<RunState> {
    const { writer, queue, databasePath } = this.#parts;
    const cache = await this.#overCaches({ kind: "count-cache", run });
    const untagged = await untaggedRows(databasePath);
    const rows = { store: writer.rowsOf(run), cache, queue: queue.countOf(run) };
    return { run, rows, untagged, tombstoned: writer.tombstones.has(run) };
  }

  async #removeRows(run: string, limit: number): Promise<number> {
    let removed = 0;
    while (removed < limit) {
      const wanted = Math.min(rowsPerTurn, limit - removed);
      const now = this.#parts.writer.removeRun(run, wanted);
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
