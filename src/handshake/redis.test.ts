import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { rejectedFault } from "../../test/fault-of.ts";
import { hasRedis, startRedis } from "../../test/redis-server.ts";
import type { TemporaryServer } from "../../test/temporary-server.ts";
import type { Look } from "./observer.ts";
import { RedisObserver, type RedisPlace } from "./redis.ts";

if (!hasRedis) console.log("SKIPPED: hops in Redis, since no Redis is installed (apt-get install redis-server)");

const hookMs = 60_000;
const { signal } = new AbortController();

describe.skipIf(!hasRedis)("a hop in Redis", () => {
  let server: TemporaryServer;
  let redis: Redis;
  const observers: RedisObserver[] = [];

  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
  }, hookMs);
  afterAll(async () => {
    redis?.disconnect();
    await server?.stop();
  }, hookMs);
  afterEach(async () => {
    await Promise.all(observers.splice(0).map((observer) => observer.close()));
    await redis.flushall();
  });

  function look(place: Partial<RedisPlace>): Look {
    const observer = new RedisObserver({ hop: "cache", url: server.url, key: null, stream: null, network: {}, ...place });
    observers.push(observer);
    return observer.watch({ runId: "run-c1", operation: "report" });
  }

  it("is passed once its key is there", async () => {
    const there = look({ key: "run:{run}" });
    expect(await there(signal)).toBe(false);
    await redis.set("run:run-c1", "1");
    expect(await there(signal)).toBe(true);
  });

  it("is passed once a key of its pattern is there, among many others", async () => {
    const filled = Array.from({ length: 3_000 }, (_, at) => [`code:run-c2:${at}`, "x"]).flat();
    await redis.mset(...filled);
    const there = look({ key: "code:{run}:*" });
    expect(await there(signal)).toBe(false);
    await redis.set("code:run-c1:77", "x");
    expect(await there(signal)).toBe(true);
  });

  it("is passed once an entry of its stream names the run in its field, and in no other", async () => {
    const queued = look({ stream: { key: "checkins", field: "run" } });
    expect(await queued(signal)).toBe(false);
    await redis.xadd("checkins", "*", "run", "run-c2", "id", "run-c1");
    expect(await queued(signal)).toBe(false);
    await redis.xadd("checkins", "*", "id", "1", "run", "run-c1");
    await redis.xadd("checkins", "*", "id", "2", "run", "");
    expect(await queued(signal)).toBe(true);
  });

  it("that cannot be asked says so, and may be asked again", async () => {
    await redis.set("checkins", "no stream");
    const queued = look({ stream: { key: "checkins", field: "run" } });
    expect(await rejectedFault(queued(signal))).toMatchObject({ kind: "usage", message: expect.stringContaining("WRONGTYPE") });
    await redis.del("checkins");
    expect(await queued(signal)).toBe(false);
    const fault = await rejectedFault(look({ key: "{run}", url: "redis://:hunter2hunter2@127.0.0.1:1" })(signal));
    expect(fault).toMatchObject({
      kind: "unreachable",
      message: expect.stringMatching(/^hop "cache" cannot be asked: Redis: .*ECONNREFUSED/),
    });
    expect(JSON.stringify([fault.message, fault.detail])).not.toContain("hunter2");
  });
});
