/** Moves check-ins from the queue to the store, at a limited rate or as fast as the store takes them. */
import type { QueueItem, WriteQueue } from "./queue.ts";

/** Items per transaction: a few milliseconds of the writer's loop. */
export const largestBatch = 500;
/** How often a limited consumer looks: smooth beside a second, few wake-ups. */
const tickMs = 20;
/** Pause after the store has failed (a full disk, mostly): long enough not to spin, short beside the queue's patience. */
const retryMs = 1_000;

/** The rate as whole items per tick, with the fraction carried; nothing is saved up over a pause. */
export class Allowance {
  readonly #ratePerSec: number;
  #carried = 0;
  #lastMs: number;

  constructor(ratePerSec: number, nowMs: number) {
    this.#ratePerSec = ratePerSec;
    this.#lastMs = nowMs;
  }

  /** How many items may be stored now. */
  due(nowMs: number): number {
    this.#carried += (this.#ratePerSec * (nowMs - this.#lastMs)) / 1_000;
    this.#lastMs = nowMs;
    const whole = Math.floor(this.#carried);
    this.#carried -= whole;
    return whole;
  }
}

/** Where a consumer takes its items, and how fast. */
export interface ConsumerOptions {
  /** 0 is unlimited. */
  readonly ratePerSec: number;
  /** Writes a batch in one transaction; where it throws, nothing of the batch is stored and it is tried again. */
  readonly store: (items: readonly QueueItem[]) => void;
  readonly failed: (error: unknown) => void;
}

/** The one consumer of a queue. */
export class Consumer {
  readonly #queue: WriteQueue;
  readonly #options: ConsumerOptions;
  readonly #timer: NodeJS.Timeout | undefined;
  #scheduled = false;
  /** When the store may be tried again after a failure, on the clock of `performance.now()`. */
  #pausedUntilMs = 0;

  constructor(queue: WriteQueue, options: ConsumerOptions) {
    this.#queue = queue;
    this.#options = options;
    if (options.ratePerSec === 0) return;
    const allowance = new Allowance(options.ratePerSec, performance.now());
    this.#timer = setInterval(() => this.#attempt(allowance.due(performance.now())), tickMs);
  }

  /** Says that something was queued. */
  wake(): void {
    if (this.#timer !== undefined || this.#scheduled) return;
    this.#scheduled = true;
    const work = (): void => {
      this.#scheduled = false;
      this.#attempt(largestBatch);
      if (this.#queue.depth > 0) this.wake();
    };
    if (performance.now() < this.#pausedUntilMs) setTimeout(work, retryMs);
    else setImmediate(work);
  }

  /** Stores all that waits, whatever the rate, and stops: the queue's capacity bounds it. Throws what the store throws. */
  drain(): void {
    clearInterval(this.#timer);
    while (this.#queue.depth > 0) this.#consume(largestBatch);
  }

  #attempt(count: number): void {
    if (performance.now() < this.#pausedUntilMs) return;
    try {
      this.#consume(count);
    } catch (error) {
      this.#pausedUntilMs = performance.now() + retryMs;
      this.#options.failed(error);
    }
  }

  #consume(count: number): void {
    for (let left = count; left > 0 && this.#queue.depth > 0; left -= largestBatch) {
      const items = this.#queue.take(Math.min(left, largestBatch));
      try {
        this.#options.store(items);
      } catch (error) {
        this.#queue.putBack(items);
        throw error;
      }
    }
  }
}
