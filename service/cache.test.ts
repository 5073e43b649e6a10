import { describe, expect, it } from "vitest";
import { ShortTermCache } from "./cache.ts";

function cacheAt(clock: { ms: number }, rules = {}) {
  return new ShortTermCache<string>({ ttlMs: 100, capacity: 3, stampedeProtection: true, ...rules }, () => clock.ms);
}

describe("the short-term cache", () => {
  it("serves a value until its time to live is over", () => {
    const clock = { ms: 0 };
    const cache = cacheAt(clock);
    cache.set("a", "1", null);
    clock.ms = 99;
    expect(cache.get("a")).toBe("1");
    clock.ms = 100;
    expect(cache.get("a")).toBeUndefined();
  });

  it("keeps nothing with a time to live of 0", () => {
    const cache = cacheAt({ ms: 0 }, { ttlMs: 0 });
    cache.set("a", "1", null);
    expect(cache.size).toBe(0);
  });

  it("drops the oldest above its capacity", () => {
    const cache = cacheAt({ ms: 0 });
    for (const key of ["a", "b", "c", "d"]) cache.set(key, key, null);
    expect([cache.get("a"), cache.get("d"), cache.size]).toEqual([undefined, "d", 3]);
  });

  it("lets many misses of one key share one load, and its failure", async () => {
    const cache = cacheAt({ ms: 0 });
    let loads = 0;
    const loader = async (): Promise<string> => {
      loads += 1;
      await Promise.resolve();
      throw new Error("store gone");
    };
    const replies = await Promise.allSettled([cache.load("a", loader), cache.load("a", loader), cache.load("b", loader)]);
    expect([loads, ...replies.map((reply) => reply.status)]).toEqual([2, "rejected", "rejected", "rejected"]);
    await expect(cache.load("a", async () => "again")).resolves.toBe("again");
  });

  it("loads once per miss when stampede protection is off", async () => {
    const cache = cacheAt({ ms: 0 }, { stampedeProtection: false });
    let loads = 0;
    const loader = async (): Promise<string> => `${(loads += 1)}`;
    expect(await Promise.all([cache.load("a", loader), cache.load("a", loader)])).toEqual(["1", "2"]);
  });

  it("counts and forgets one run's entries and no other's", () => {
    const cache = cacheAt({ ms: 0 });
    cache.set("a", "1", "run-1");
    cache.set("b", "2", "run-2");
    cache.set("c", "3", null);
    expect([cache.countOf("run-1"), cache.forget("run-1"), cache.countOf("run-1")]).toEqual([1, 1, 0]);
    expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual([undefined, "2", "3"]);
  });
});
