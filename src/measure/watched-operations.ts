import type { Outcome } from "../model/run.ts";
import { Buckets, type SparseBuckets } from "./buckets.ts";

/** What became of the requests of one operation that ended within a second. */
export interface OperationSecond {
  /** Index into the plan's operations. */
  readonly operation: number;
  readonly ended: number;
  /** Refused or failed. */
  readonly errors: number;
  /** Of those that were answered. */
  readonly response: SparseBuckets;
}

interface Watched {
  readonly operation: number;
  readonly response: Buckets;
  ended: number;
  errors: number;
}

/** One worker's counts, second by second, of the operations that an abort rule speaks of; the others cost a look into an array. */
export class WatchedOperations {
  /** By operation; holes where nobody watches. */
  readonly #watched: (Watched | undefined)[] = [];

  constructor(operations: readonly number[]) {
    for (const operation of operations) this.#watched[operation] = { operation, response: new Buckets(), ended: 0, errors: 0 };
  }

  ended(operation: number, outcome: Outcome, responseUs: number | undefined): void {
    const watched = this.#watched[operation];
    if (watched === undefined) return;
    watched.ended += 1;
    if (outcome !== "ok") watched.errors += 1;
    if (responseUs !== undefined) watched.response.record(responseUs);
  }

  /** Gives the second under way and begins the next one empty. */
  take(): OperationSecond[] {
    return this.#watched.flatMap((watched) => (watched === undefined ? [] : [closed(watched)]));
  }
}

function closed(watched: Watched): OperationSecond {
  const { operation, ended, errors, response } = watched;
  const report = { operation, ended, errors, response: response.toSparse() };
  watched.ended = 0;
  watched.errors = 0;
  response.clear();
  return report;
}
