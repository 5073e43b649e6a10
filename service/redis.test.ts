/** What the service keeps in a Redis, tried on a real one. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hasRedis, startRedis } from "../test/redis-server.ts";
import type { TemporaryServer } from "../test/temporary-server.ts";
import type { QueuedCheckin } from "./messages.ts";
import { RedisCodes } from "./redis-codes.ts";
import { connectRedis, type Redis } from "./redis-connection.ts";
import { RedisCounters } from "./redis-counters.ts";
import { RedisQueue } from "./redis-queue.ts";

if (!hasRedis) console.warn("SKIPPED: tests of queue, cache and counters on Redis, since there is none here");

function item(id: number, run: string | null = null): QueuedCheckin {
  return { run, checkin: { id: `${id}`, citizenId: "c", venueId: "v", atMs: id, requestId: `${id}` } };
}
const idsOf = (items: readonly QueuedCheckin[]): number[] => items.map((each) => Number(each.checkin.id));

describe.skipIf(!hasRedis)("on Redis", () => {
  let server: TemporaryServer;
  let redis: Redis;
  beforeAll(async () => {
    server = await startRedis();
    redis = await connectRedis(server.url, () => undefined);
  });
  beforeEach(async () => {
    await redis.flushall();
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  describe("the queue", () => {
    it("gives items as they came, in order, and refuses what is above its capacity", async () => {
      const queue = new RedisQueue(redis, 3);
      const offers = [];
      for (const id of [1, 2, 3, 4]) offers.push(await queue.offer(item(id, id === 2 ? "run-1" : null)));
      expect(offers).toEqual(["queued", "queued", "queued", "full"]);
      expect(await queue.take(2)).toEqual([item(1), item(2, "run-1")]);
      await queue.stored();
      expect(await queue.figures()).toMatchObject({ depth: 1, accepted: 3, consumed: 2 });
    });

    it("gives again what was taken and not stored, to whoever comes after a crash, too", async () => {
      const queue = new RedisQueue(redis, 3);
      for (const id of [1, 2]) await queue.offer(item(id));
      await queue.take(1);
      queue.putBack();
      expect(idsOf(await queue.take(9))).toEqual([1, 2]);
      expect(idsOf(await new RedisQueue(redis, 3).take(9))).toEqual([1, 2]);
    });

    it("forgets one run's items, however many, and keeps the others in order", async () => {
      const queue = new RedisQueue(redis, 10_000);
      await Promise.all(Array.from({ length: 2_500 }, (_, id) => queue.offer(item(id, id % 2 === 0 ? "run-1" : null))));
      expect([await queue.countOf("run-1"), await queue.forget("run-1"), await queue.countOf("run-1")]).toEqual([
        1_250, 1_250, 0,
      ]);
      expect(idsOf(await queue.take(3))).toEqual([1, 3, 5]);
    });

    it("takes nothing of a tombstoned run, and drops what already waits", async () => {
      const queue = new RedisQueue(redis, 10);
      for (const each of [item(1, "run-1"), item(2, "run-1"), item(3)]) await queue.offer(each);
      await new RedisCounters(redis).addTombstone("run-1");
      expect(await queue.offer(item(4, "run-1"))).toBe("tombstoned");
      expect(idsOf(await queue.take(2))).toEqual([3]);
      expect(await queue.figures()).toMatchObject({ depth: 1, dropped: 2 });
    });
  });

  describe("the cache of codes", () => {
    const record = { id: "c", color: "green", run: null } as const;

    it("keeps a record for whom it was read, until its time is over", async () => {
      const codes = new RedisCodes(redis, 60);
      await codes.set("c", record, "run-1");
      expect([await codes.get("c", "run-1"), await codes.get("c", null), await codes.get("c", "run-2")]).toEqual([
        record,
        undefined,
        undefined,
      ]);
      expect(await redis.pttl("code:run-1:c")).toBeLessThanOrEqual(60);
    });

    it("keeps nothing with a time to live of 0, and nothing of a tombstoned run", async () => {
      await new RedisCodes(redis, 0).set("c", record, null);
      await new RedisCounters(redis).addTombstone("run-1");
      await new RedisCodes(redis, 60_000).set("c", record, "run-1");
      expect(await redis.dbsize()).toBe(1);
    });

    it("counts and forgets one run's records among many", async () => {
      const codes = new RedisCodes(redis, 60_000);
      const runs = ["run-1", "run-2", null];
      await Promise.all(Array.from({ length: 3_000 }, (_, at) => codes.set(`c${at}`, record, runs[at % 3] ?? null)));
      expect([await codes.countOf("run-1"), await codes.forget("run-1"), await codes.countOf("run-1")]).toEqual([
        1_000, 1_000, 0,
      ]);
      expect(await codes.countOf("run-2")).toBe(1_000);
    });
  });

  describe("the counters", () => {
    it("count a run's reports twice, and give back what it added, once", async () => {
      const counters = new RedisCounters(redis);
      await counters.add(null, 5);
      await counters.add("run-1", 3);
      await counters.add("run-1", -1);
      expect([await redis.get("stats:reports"), await counters.countOf("run-1")]).toEqual(["7", 2]);
      await counters.addTombstone("run-1");
      expect([await counters.forget("run-1"), await counters.forget("run-1")]).toEqual([2, 0]);
      await counters.add("run-1", 1);
      expect([await redis.get("stats:reports"), await counters.countOf("run-1")]).toEqual(["5", 0]);
    });
  });
});
