import { describe, expect, it, vi } from "vitest";
import { Allowance, Consumer } from "./consumer.ts";
import { WriteQueue, type QueueItem } from "./queue.ts";

function item(id: number, run: string | null = null): QueueItem {
  return { run, checkin: { id: `${id}`, citizenId: "c", venueId: "v", atMs: 0 }, enqueuedMs: id };
}
const idsOf = (items: readonly QueueItem[]): number[] => items.map((each) => Number(each.checkin.id));

describe("the write queue", () => {
  it("gives items in order and refuses what is above its capacity", () => {
    const queue = new WriteQueue(3);
    expect([1, 2, 3, 4].map((id) => queue.offer(item(id)))).toEqual([true, true, true, false]);
    expect(idsOf(queue.take(2))).toEqual([1, 2]);
    expect(queue.offer(item(5))).toBe(true);
    expect(idsOf(queue.take(9))).toEqual([3, 5]);
    expect([queue.accepted, queue.consumed, queue.depth]).toEqual([4, 4, 0]);
  });

  it("tells the age of its oldest item", () => {
    const queue = new WriteQueue(3);
    expect(queue.oldestAgeSeconds(5_000)).toBe(0);
    queue.offer(item(1_000));
    queue.offer(item(4_000));
    expect(queue.oldestAgeSeconds(5_000)).toBe(4);
  });

  it("forgets one run's items and keeps the others in order", () => {
    const queue = new WriteQueue(10);
    for (const each of [item(1), item(2, "run-1"), item(3, "run-2"), item(4, "run-1")]) queue.offer(each);
    queue.take(1);
    expect([queue.countOf("run-1"), queue.forget("run-1"), queue.dropped]).toEqual([2, 2, 2]);
    expect(idsOf(queue.take(9))).toEqual([3]);
  });
});

describe("the consumer", () => {
  it("keeps to its rate however unevenly it is woken", () => {
    const allowance = new Allowance(333, 0);
    let stored = 0;
    for (const nowMs of [7, 20, 21, 400, 403, 999, 1_000]) stored += allowance.due(nowMs);
    expect([332, 333]).toContain(stored);
  });

  it("stores everything at once when it drains, whatever its rate", () => {
    const queue = new WriteQueue(2_000);
    const batches: number[] = [];
    const consumer = new Consumer(queue, {
      ratePerSec: 1,
      store: (items) => batches.push(items.length),
      failed: () => undefined,
    });
    for (let id = 0; id < 1_200; id++) queue.offer(item(id));
    consumer.drain();
    expect(batches).toEqual([500, 500, 200]);
  });

  it("keeps what the store could not take, in order, and tries again", () => {
    vi.useFakeTimers();
    const queue = new WriteQueue(10);
    const stored: number[] = [];
    const failures: unknown[] = [];
    let full = true;
    const store = (items: readonly QueueItem[]): void => {
      if (full) throw new Error("disk full");
      stored.push(...idsOf(items));
    };
    const consumer = new Consumer(queue, { ratePerSec: 0, store, failed: (error) => failures.push(error) });
    for (const id of [1, 2, 3]) queue.offer(item(id));
    consumer.wake();
    vi.advanceTimersByTime(500);
    expect([failures.length, queue.depth, queue.consumed]).toEqual([1, 3, 0]);
    full = false;
    vi.advanceTimersByTime(1_500);
    expect([stored, queue.consumed]).toEqual([[1, 2, 3], 3]);
    vi.useRealTimers();
  });
});
