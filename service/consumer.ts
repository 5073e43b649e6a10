/** Moves check-ins from the queue to the store, at a limited rate or as fast as the store takes them. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { QueuedCheckin } from "./messages.ts";
import type { CheckinQueue } from "./queue.ts";

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
  /** Writes a batch in one transaction; where it rejects, the batch is tried again. */
  readonly store: (items: readonly QueuedCheckin[]) => Promise<void>;
  readonly failed: (error: unknown) => void;
}

/** The one consumer of a queue. */
export class Consumer {
  readonly #queue: CheckinQueue;
  readonly #options: ConsumerOptions;
  readonly #timer: NodeJS.Timeout | undefined;
  /** The work that goes on; undefined while there is none. */
  #running: Promise<void> | undefined;
  /** Something was queued since the work that goes on began. */
  #isWoken = false;
  #isDraining = false;
  /** When the store may be tried again after a failure, on the clock of `performance.now()`. */
  #pausedUntilMs = 0;
  #retry: NodeJS.Timeout | undefined;

  constructor(queue: CheckinQueue, options: ConsumerOptions) {
    this.#queue = queue;
    this.#options = options;
    if (options.ratePerSec === 0) return;
    const allowance = new Allowance(options.ratePerSec, performance.now());
    this.#timer = setInterval(() => this.#tick(allowance), tickMs);
  }

  /** Says that something was queued. */
  wake(): void {
    this.#isWoken = true;
    if (this.#timer !== undefined || this.#isDraining || this.#running !== undefined) return;
    if (performance.now() >= this.#pausedUntilMs) this.#run(() => this.#consumeAll());
    else this.#retry ??= setTimeout(() => this.#wakeAgain(), retryMs);
  }

  /** Stores all that waits, whatever the rate, and stops: the queue's capacity bounds it. Rejects with what the store throws. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    clearInterval(this.#timer);
    clearTimeout(this.#retry);
    await this.#running;
    while ((await this.#consume(largestBatch)) > 0);
  }

  #wakeAgain(): void {
    this.#retry = undefined;
    this.wake();
  }

  /** What a slow batch has held up is stored after it; what a failing store has, is not made up for. */
  #tick(allowance: Allowance): void {
    if (this.#running !== undefined) return;
    const count = allowance.due(performance.now());
    if (count > 0 && performance.now() >= this.#pausedUntilMs) this.#run(() => this.#consumeSome(count));
  }

  #run(work: () => Promise<void>): void {
    this.#running = work()
      .catch((error: unknown) => {
        this.#pausedUntilMs = performance.now() + retryMs;
        this.#isWoken = true;
        this.#options.failed(error);
      })
      .finally(() => {
        this.#running = undefined;
        if (this.#isWoken) this.wake();
      });
  }

  /** A turn of the event loop before each batch: what comes meanwhile is stored along with it. */
  async #consumeAll(): Promise<void> {
    do {
      await nextTurn();
      this.#isWoken = false;
    } while ((await this.#consume(largestBatch)) > 0 && !this.#isDraining);
  }

  async #consumeSome(count: number): Promise<void> {
    for (let left = count; left > 0; left -= largestBatch) {
      if ((await this.#consume(Math.min(left, largestBatch))) === 0) return;
    }
  }

  async #consume(count: number): Promise<number> {
    const items = await this.#queue.take(count);
    if (items.length === 0) return 0;
    try {
      await this.#options.store(items);
    } catch (error) {
      this.#queue.putBack();
      throw error;
    }
    await this.#queue.stored();
    return items.length;
  }
}
