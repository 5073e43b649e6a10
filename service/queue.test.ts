import { describe, expect, it, vi } from "vitest";
import { Allowance, Consumer } from "./consumer.ts";
import type { QueuedCheckin } from "./messages.ts";
import { WriteQueue } from "./queue.ts";

function item(id: number, run: string | null = null): QueuedCheckin {
  return { run, checkin: { id: `${id}`, citizenId: "c", venueId: "v", atMs: 0, requestId: `${id}` } };
}
const idsOf = (items: readonly QueuedCheckin[]): number[] => items.map((each) => Number(each.checkin.id));

describe("the write queue", () => {
  it("gives items in order and refuses what is above its capacity", async () => {
    const queue = new WriteQueue(3);
    const offers = [];
    for (const id of [1, 2, 3, 4]) offers.push(await queue.offer(item(id)));
    expect(offers).toEqual(["queued", "queued", "queued", "full"]);
    expect(idsOf(await queue.take(2))).toEqual([1, 2]);
    await queue.stored();
    expect(await queue.offer(item(5))).toBe("queued");
    expect(idsOf(await queue.take(9))).toEqual([3, 5]);
    await queue.stored();
    expect(await queue.figures()).toMatchObject({ accepted: 4, consumed: 4, depth: 0 });
  });

  it("tells the age of its oldest item", async () => {
    vi.useFakeTimers();
    const queue = new WriteQueue(3);
    expect((await queue.figures()).oldestAgeSeconds).toBe(0);
    await queue.offer(item(1));
    vi.advanceTimersByTime(3_000);
    await queue.offer(item(2));
    vi.advanceTimersByTime(1_000);
    expect((await queue.figures()).oldestAgeSeconds).toBe(4);
    vi.useRealTimers();
  });

  it("forgets one run's items and keeps the others in order", async () => {
    const queue = new WriteQueue(10);
    for (const each of [item(1), item(2, "run-1"), item(3, "run-2"), item(4, "run-1")]) await queue.offer(each);
    await queue.take(1);
    await queue.stored();
    expect([await queue.countOf("run-1"), await queue.forget("run-1"), (await queue.figures()).dropped]).toEqual([2, 2, 2]);
    expect(idsOf(await queue.take(9))).toEqual([3]);
  });

  it("counts what is just being stored as waiting, and takes it again first where it could not be", async () => {
    const queue = new WriteQueue(10);
    for (const each of [item(1, "run-1"), item(2, "run-1")]) await queue.offer(each);
    await queue.take(1);
    expect([await queue.countOf("run-1"), (await queue.figures()).depth]).toEqual([2, 2]);
    queue.putBack();
    expect(idsOf(await queue.take(9))).toEqual([1, 2]);
  });
});

describe("the consumer", () => {
  it("keeps to its rate however unevenly it is woken", () => {
    const allowance = new Allowance(333, 0);
    let stored = 0;
    for (const nowMs of [7, 20, 21, 400, 403, 999, 1_000]) stored += allowance.due(nowMs);
    expect([332, 333]).toContain(stored);
  });

  it("stores everything at once when it drains, whatever its rate", async () => {
    const queue = new WriteQueue(2_000);
    const batches: number[] = [];
    const consumer = new Consumer(queue, {
      ratePerSec: 1,
      store: async (items) => void batches.push(items.length),
      failed: () => undefined,
    });
    for (let id = 0; id < 1_200; id++) await queue.offer(item(id));
    await consumer.drain();
    expect(batches).toEqual([500, 500, 200]);
  });

  it("keeps what the store could not take, in order, and tries again", async () => {
    vi.useFakeTimers();
    const queue = new WriteQueue(10);
    const stored: number[] = [];
    const failures: unknown[] = [];
    let full = true;
    const store = async (items: readonly QueuedCheckin[]): Promise<void> => {
      if (full) throw new Error("disk full");
      stored.push(...idsOf(items));
    };
    const consumer = new Consumer(queue, { ratePerSec: 0, store, failed: (error) => failures.push(error) });
    for (const id of [1, 2, 3]) await queue.offer(item(id));
    consumer.wake();
    await vi.advanceTimersByTimeAsync(500);
    expect([failures.length, await queue.figures()]).toMatchObject([1, { depth: 3, consumed: 0 }]);
    full = false;
    await vi.advanceTimersByTimeAsync(1_500);
    expect([stored, (await queue.figures()).consumed]).toEqual([[1, 2, 3], 3]);
    vi.useRealTimers();
  });

  it("stores what is queued while the store is slow", async () => {
    const queue = new WriteQueue(10);
    const stored: number[] = [];
    const slow = Promise.withResolvers<void>();
    const store = async (items: readonly QueuedCheckin[]): Promise<void> => {
      await slow.promise;
      stored.push(...idsOf(items));
    };
    const consumer = new Consumer(queue, { ratePerSec: 0, store, failed: () => undefined });
    for (const id of [1, 2]) {
      await queue.offer(item(id));
      consumer.wake();
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
    slow.resolve();
    await vi.waitFor(() => expect(stored).toEqual([1, 2]));
  });
});
