/** The bounded queue in front of the store: it takes the crowd's check-ins at once and lets them be stored at a steady pace. */
import type { QueuedCheckin } from "./messages.ts";

/** What became of an item that was offered. */
export type Offer = "queued" | "full" | "tombstoned";

/** What the metrics say of a queue. */
export interface QueueFigures {
  readonly depth: number;
  readonly oldestAgeSeconds: number;
  readonly accepted: number;
  readonly consumed: number;
  /** Items dropped because their run was tombstoned. */
  readonly dropped: number;
}

/** A queue with one consumer, which takes some, stores them, and then says `stored` or `putBack` before it takes more. */
export interface CheckinQueue {
  readonly capacity: number;
  /** Items dropped by whoever stores them, since their run was tombstoned. */
  countDropped(items: number): void;
  offer(item: QueuedCheckin): Promise<Offer>;
  /** The oldest items, at most `count`; they still count as being in the queue. */
  take(count: number): Promise<readonly QueuedCheckin[]>;
  /** What was taken is in the store. */
  stored(): Promise<void>;
  /** What was taken could not be stored: it is taken again first. */
  putBack(): void;
  countOf(run: string): Promise<number>;
  /** Removes a run's items that nobody has taken; gives how many there were. */
  forget(run: string): Promise<number>;
  figures(): Promise<QueueFigures>;
}

interface Waiting extends QueuedCheckin {
  /** On the clock of `performance.now()`. */
  readonly enqueuedMs: number;
}

/** First in, first out; in memory, so that what waits is lost with the process (a graceful stop drains it). */
export class WriteQueue implements CheckinQueue {
  readonly capacity: number;
  #accepted = 0;
  #consumed = 0;
  #dropped = 0;
  #items: Waiting[] = [];
  /** Items before this index are gone; the array is cut once they are half of it, so that taking is cheap. */
  #head = 0;
  #taken: readonly Waiting[] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  async offer({ run, checkin }: QueuedCheckin): Promise<Offer> {
    if (this.#depth >= this.capacity) return "full";
    this.#items.push({ run, checkin, enqueuedMs: performance.now() });
    this.#accepted += 1;
    return "queued";
  }

  async take(count: number): Promise<readonly QueuedCheckin[]> {
    this.#taken = this.#items.slice(this.#head, this.#head + count);
    this.#head += this.#taken.length;
    if (this.#head * 2 >= this.#items.length) this.#compact();
    return this.#taken;
  }

  async stored(): Promise<void> {
    this.#consumed += this.#taken.length;
    this.#taken = [];
  }

  putBack(): void {
    this.#items = [...this.#taken, ...this.#items.slice(this.#head)];
    this.#head = 0;
    this.#taken = [];
  }

  async countOf(run: string): Promise<number> {
    let count = 0;
    for (let at = this.#head; at < this.#items.length; at++) if (this.#items[at]?.run === run) count += 1;
    for (const item of this.#taken) if (item.run === run) count += 1;
    return count;
  }

  async forget(run: string): Promise<number> {
    const before = this.#depth;
    this.#compact();
    this.#items = this.#items.filter((item) => item.run !== run);
    this.#dropped += before - this.#depth;
    return before - this.#depth;
  }

  countDropped(items: number): void {
    this.#dropped += items;
  }

  async figures(): Promise<QueueFigures> {
    const oldest = this.#taken[0] ?? this.#items[this.#head];
    return {
      depth: this.#depth + this.#taken.length,
      oldestAgeSeconds: oldest === undefined ? 0 : Math.max(0, performance.now() - oldest.enqueuedMs) / 1_000,
      accepted: this.#accepted,
      consumed: this.#consumed,
      dropped: this.#dropped,
    };
  }

  get #depth(): number {
    return this.#items.length - this.#head;
  }

  #compact(): void {
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
