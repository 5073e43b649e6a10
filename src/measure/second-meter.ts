import { Buckets, type SparseBuckets } from "./buckets.ts";
import { countError } from "./step-meter.ts";
import { WatchedOperations, type OperationSecond } from "./watched-operations.ts";

/** What one worker saw in one second: events are counted when they happened, so the fields of a row need not add up. */
export interface SecondCounts {
  due: number;
  dispatched: number;
  sent: number;
  done: number;
  ok: number;
  rejected: number;
  failed: number;
  /** Attempts taken up beyond the first ones. */
  retries: number;
  statuses: Record<string, number>;
  errors: Record<string, number>;
}

/** Mean of one `Server-Timing` entry over a sample of one operation's replies. */
export interface ServerTimingMean {
  readonly operation: number;
  readonly entry: string;
  readonly meanUs: number;
  readonly count: number;
}

/** A closed second, ready to post. */
export interface SecondReport {
  /** Seconds since the run's start. */
  readonly second: number;
  readonly counts: SecondCounts;
  readonly response: SparseBuckets;
  readonly lag: SparseBuckets;
  readonly serverTiming: readonly ServerTimingMean[];
  /** Of those that are watched. */
  readonly operations: readonly OperationSecond[];
}

/** Most `Server-Timing` entries kept apart for one operation: a reply names them, so it could name any number. */
const timingEntriesMax = 20;

/** One worker's meter of the second under way. */
export class SecondMeter {
  counts = emptyCounts();
  /** To be told of each request that ended. */
  readonly watched: WatchedOperations;
  readonly #response = new Buckets();
  readonly #lag = new Buckets();
  readonly #timings = new Map<number, Map<string, { sumUs: number; count: number }>>();

  /** `watched`: indexes of operations whose seconds are kept apart. */
  constructor(watched: readonly number[] = []) {
    this.watched = new WatchedOperations(watched);
  }

  /** Changes whenever something was taken up or has ended. */
  get events(): number {
    const { dispatched, retries, ok, rejected, failed } = this.counts;
    return dispatched + retries + ok + rejected + failed;
  }

  dispatched(lagUs: number): void {
    this.counts.dispatched += 1;
    this.#lag.record(lagUs);
  }

  /** An attempt beyond the first one was taken up. */
  retried(lagUs: number): void {
    this.counts.retries += 1;
    this.#lag.record(lagUs);
  }

  answered(responseUs: number, status: number): void {
    this.counts.done += 1;
    this.#response.record(responseUs);
    const key = String(status);
    this.counts.statuses[key] = (this.counts.statuses[key] ?? 0) + 1;
  }

  error(key: string): void {
    countError(this.counts.errors, key);
  }

  serverTiming(operation: number, entry: string, durationUs: number): void {
    let entries = this.#timings.get(operation);
    if (entries === undefined) this.#timings.set(operation, (entries = new Map()));
    let sum = entries.get(entry);
    if (sum === undefined) {
      if (entries.size >= timingEntriesMax) return;
      entries.set(entry, (sum = { sumUs: 0, count: 0 }));
    }
    sum.sumUs += durationUs;
    sum.count += 1;
  }

  /** Closes the second and begins the next one empty. */
  close(second: number): SecondReport {
    const serverTiming = [...this.#timings].flatMap(([operation, entries]) =>
      [...entries].map(([entry, { sumUs, count }]) => ({ operation, entry, meanUs: sumUs / count, count })),
    );
    const report = {
      second,
      counts: this.counts,
      response: this.#response.toSparse(),
      lag: this.#lag.toSparse(),
      serverTiming,
      operations: this.watched.take(),
    };
    this.counts = emptyCounts();
    this.#response.clear();
    this.#lag.clear();
    this.#timings.clear();
    return report;
  }
}

function emptyCounts(): SecondCounts {
  return { due: 0, dispatched: 0, sent: 0, done: 0, ok: 0, rejected: 0, failed: 0, retries: 0, statuses: {}, errors: {} };
}
