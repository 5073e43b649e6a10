import { Buckets } from "../measure/buckets.ts";
import type { LaneSample, SeriesPoint } from "../model/series.ts";
import type { WorkerSecond } from "./messages.ts";

/** Seconds after which one is closed without a worker that has not reported: it is stalled, and its silence must show. */
const patienceSeconds = 3;

/** A second of the whole run, and the distribution behind its percentiles. Its step is for the reader of the clock to say. */
export interface MergedSecond {
  readonly point: SeriesPoint;
  readonly response: Buckets;
  readonly workers: readonly WorkerSecond[];
}

/** Puts the seconds of all workers together, in order. */
export class SecondMerger {
  readonly #workerCount: number;
  readonly #emit: (merged: MergedSecond) => void;
  readonly #waiting = new Map<number, WorkerSecond[]>();
  readonly #lanes = new Map<number, LaneSample>();
  /** Every second before this one has been emitted. */
  #closedBefore = Number.NEGATIVE_INFINITY;

  constructor(workerCount: number, emit: (merged: MergedSecond) => void) {
    this.#workerCount = workerCount;
    this.#emit = emit;
  }

  add(report: WorkerSecond): void {
    // A second that was closed without this worker stays closed: what it reports late counts in the next one.
    const second = Math.max(report.second, this.#closedBefore);
    const reports = this.#waiting.get(second);
    if (reports === undefined) this.#waiting.set(second, [report]);
    else reports.push(report);
    this.#close(report.second - patienceSeconds);
  }

  /** A later round of the same second wins where it has an answer. */
  lanes(second: number, sample: LaneSample): void {
    const before = this.#lanes.get(second);
    const keep = (now: number | null, earlier: number | null | undefined): number | null => now ?? earlier ?? null;
    this.#lanes.set(second, {
      connectUs: keep(sample.connectUs, before?.connectUs),
      freshUs: keep(sample.freshUs, before?.freshUs),
      keptUs: keep(sample.keptUs, before?.keptUs),
    });
  }

  /** Emits what is left, complete or not. */
  flush(): void {
    this.#close(Number.POSITIVE_INFINITY);
  }

  /** Emits, in order, every second that is complete or older than `latest`. */
  #close(latest: number): void {
    for (const second of [...this.#waiting.keys()].toSorted((a, b) => a - b)) {
      const reports = this.#waiting.get(second) ?? [];
      const workers = new Set(reports.map((report) => report.worker)).size;
      if (workers < this.#workerCount && second > latest) return;
      this.#waiting.delete(second);
      this.#closedBefore = second + 1;
      this.#emit(this.#merge(second, reports));
      this.#lanes.delete(second);
    }
  }

  #merge(second: number, workers: readonly WorkerSecond[]): MergedSecond {
    const response = new Buckets();
    const lag = new Buckets();
    for (const worker of workers) {
      response.merge(worker.response);
      lag.merge(worker.lag);
    }
    const total = (of: (worker: WorkerSecond) => number): number => workers.reduce((sum, worker) => sum + of(worker), 0);
    const at = (percent: number): number | null => (response.count === 0 ? null : response.percentile(percent));
    const retries = total((worker) => worker.counts.retries);
    const point: SeriesPoint = {
      t: second * 1_000_000,
      step: -1,
      due: total((worker) => worker.counts.due),
      dispatched: total((worker) => worker.counts.dispatched),
      sent: total((worker) => worker.counts.sent),
      done: total((worker) => worker.counts.done),
      ok: total((worker) => worker.counts.ok),
      rejected: total((worker) => worker.counts.rejected),
      failed: total((worker) => worker.counts.failed),
      ...(retries === 0 ? {} : { retries }),
      inFlight: total((worker) => worker.inFlight),
      connections: total((worker) => worker.connections),
      statuses: sumRecords(workers.map((worker) => worker.counts.statuses)),
      errors: sumRecords(workers.map((worker) => worker.counts.errors)),
      p50: at(50),
      p90: at(90),
      p99: at(99),
      max: at(100),
      lagP99: lag.count === 0 ? null : lag.percentile(99),
      lanes: this.#lanes.get(second) ?? null,
    };
    return { point, response, workers };
  }
}

/** Adds counts key by key. */
export function sumRecords(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const record of records) for (const [key, count] of Object.entries(record)) sum[key] = (sum[key] ?? 0) + count;
  return sum;
}
