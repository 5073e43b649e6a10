/** The bounded queue in front of the store: it takes the crowd's check-ins at once and lets them be stored at a steady pace. */
import type { Checkin, Run } from "./messages.ts";

/** A check-in that waits; `enqueuedMs` is on the clock of `performance.now()`. */
export interface QueueItem {
  readonly run: Run;
  readonly checkin: Checkin;
  readonly enqueuedMs: number;
}

/** First in, first out; in memory, so that what waits is lost with the process (a graceful stop drains it). */
export class WriteQueue {
  readonly capacity: number;
  accepted = 0;
  consumed = 0;
  /** Items dropped because their run was tombstoned. */
  dropped = 0;
  #items: QueueItem[] = [];
  /** Items before this index are gone; the array is cut once they are half of it, so that taking is cheap. */
  #head = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get depth(): number {
    return this.#items.length - this.#head;
  }

  /** False when full. */
  offer(item: QueueItem): boolean {
    if (this.depth >= this.capacity) return false;
    this.#items.push(item);
    this.accepted += 1;
    return true;
  }

  /** The oldest items, at most `count`, which are then the caller's. */
  take(count: number): QueueItem[] {
    const taken = this.#items.slice(this.#head, this.#head + count);
    this.#head += taken.length;
    this.consumed += taken.length;
    if (this.#head * 2 >= this.#items.length) this.#compact();
    return taken;
  }

  /** Puts back what was taken and could not be stored, to be taken again first. */
  putBack(items: readonly QueueItem[]): void {
    this.#items = [...items, ...this.#items.slice(this.#head)];
    this.#head = 0;
    this.consumed -= items.length;
  }

  /** Seconds that the oldest item has waited; 0 when empty. */
  oldestAgeSeconds(nowMs: number): number {
    const oldest = this.#items[this.#head];
    return oldest === undefined ? 0 : Math.max(0, nowMs - oldest.enqueuedMs) / 1_000;
  }

  countOf(run: string): number {
    let count = 0;
    for (let at = this.#head; at < this.#items.length; at++) if (this.#items[at]?.run === run) count += 1;
    return count;
  }

  /** Removes a run's items; gives how many there were. */
  forget(run: string): number {
    const before = this.depth;
    this.#compact();
    this.#items = this.#items.filter((item) => item.run !== run);
    this.dropped += before - this.depth;
    return before - this.depth;
  }

  #compact(): void {
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
