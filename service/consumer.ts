/** Moves check-ins from the queue to the store, at a limited rate or as fast as the store takes them. */
import type { QueueItem, WriteQueue } from "./queue.ts";

/** Items per transaction: a few milliseconds of the writer's loop. */
export const largestBatch = 500;
/** How often a limited consumer looks: smooth beside a second, few wake-ups. */
const tickMs = 20;

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

export class Consumer {
  readonly #queue: WriteQueue;
  readonly #store: (items: readonly QueueItem[]) => void;
  readonly #unlimited: boolean;
  readonly #timer: NodeJS.Timeout | undefined;
  #scheduled = false;

  /** `store` writes a batch in one transaction. `ratePerSec` 0 is unlimited. */
  constructor(queue: WriteQueue, store: (items: readonly QueueItem[]) => void, ratePerSec: number) {
    this.#queue = queue;
    this.#store = store;
    this.#unlimited = ratePerSec === 0;
    if (this.#unlimited) return;
    const allowance = new Allowance(ratePerSec, performance.now());
    this.#timer = setInterval(() => this.#consume(allowance.due(performance.now())), tickMs);
  }

  /** Says that something was queued. */
  wake(): void {
    if (!this.#unlimited || this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#consume(largestBatch);
      if (this.#queue.depth > 0) this.wake();
    });
  }

  /** Stores all that waits, whatever the rate, and stops: the queue's capacity bounds it. */
  drain(): void {
    clearInterval(this.#timer);
    while (this.#queue.depth > 0) this.#consume(largestBatch);
  }

  #consume(count: number): void {
    for (let left = count; left > 0 && this.#queue.depth > 0; left -= largestBatch) {
      this.#store(this.#queue.take(Math.min(left, largestBatch)));
    }
  }
}
