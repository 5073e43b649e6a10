import { describe, expect, it } from "vitest";
import type { RedisCleanup } from "../../src/model/cleanup-rules.ts";
import { globMatcher } from "./glob.ts";
import { planRedis, redisNames } from "./plan.ts";

const runId = "20260101-000000-0123abcd";
const url = "redis://127.0.0.1:6379/2";
const plan = (settings: Partial<RedisCleanup>) => planRedis({ url, keys: ["report:{run}:*"], ...settings }, "redis", runId);

describe("The plan for a Redis", () => {
  it("says what is removed from where, without a secret", () => {
    const settings: Partial<RedisCleanup> = {
      streams: [{ key: "events", field: "run" }],
      counters: [{ key: "visits", addedIn: "added:{run}" }],
    };
    expect(plan(settings)).toEqual({
      name: "redis",
      kind: "redis",
      how: `lower visits by what the run added, XDEL of events where run = ${runId}, UNLINK report:${runId}:* in redis://127.0.0.1:6379/2`,
      secretFrom: null,
      batch: 500,
      rowsPerSec: 20_000,
    });
    expect(plan({ url: "env:REDIS_URL" })).toMatchObject({
      secretFrom: "REDIS_URL",
      how: expect.stringMatching(/in the Redis of REDIS_URL$/),
    });
  });

  it.each([
    ["a pattern that names no run", { keys: ["report:*"] }, "{run}"],
    ["a run within a class, where it means any of its letters", { keys: ["[{run}]*"] }, "outside of any []"],
    ["a class without an end", { keys: ["a[{run}"] }, "without its ]"],
    ["an untagged class without an end", { untagged: ["a[b"] }, "without its ]"],
    ["nothing to remove", { keys: [] }, "at least one"],
    ["an address of something else", { url: "http://127.0.0.1" }, "redis://host:port/database"],
    ["settings in an address", { url: "redis://h?keyPrefix=x" }, "redis://host:port/database"],
    ["a shared stream of this run", { streams: [{ key: "events:{run}", field: "run" }] }, "without {run}"],
    [
      "a counter that is a stream, too",
      { streams: [{ key: "a", field: "run" }], counters: [{ key: "a", addedIn: "b{run}" }] },
      "more than once",
    ],
    ["a counter's key of every run", { counters: [{ key: "a", addedIn: "b" }] }, "{run} in it"],
    ["half a write", { counters: [{ key: "a", perCreated: { report: 0.5 } }] }, "0.5 for each report"],
    ["a set of swept runs for each run", { tombstones: "swept:{run}" }, "without {run}"],
  ] as const)("refuses %s", (_what, settings, words) => {
    expect(() => plan(settings as Partial<RedisCleanup>)).toThrow(words);
  });

  it("refuses a password that is written out, without repeating it", () => {
    let said = "";
    try {
      plan({ url: "redis://user:hunter2hunter2@h" });
    } catch (thrown) {
      said = String(thrown);
    }
    expect(said).toContain("env:NAME");
    expect(said).not.toContain("hunter2");
  });

  it("refuses a run id that would be a pattern, and a batch out of range", () => {
    expect(() => planRedis({ url, keys: ["a:{run}"] }, "redis", "*")).toThrow("run id");
    expect(() => plan({ batch: 0 })).toThrow("batch");
  });

  it("fills the run in where it is meant", () => {
    const names = redisNames({ url, keys: ["a:{run}:?"], counters: [{ key: "ä", addedIn: "added:{run}" }] }, runId, 1);
    expect(names).toMatchObject({
      keys: [{ pattern: `a:${runId}:?` }],
      counters: [
        { key: "Ã¤", addedIn: `added:${runId}`, kinAddedIn: [`added:${runId}-c1`], marker: `peakproof:taken-back:${runId}:Ã¤` },
      ],
      untagged: null,
    });
  });
});

it.each([
  ["a*c", "abbc", true],
  ["a*c", "a\nc", true],
  ["a?c", "ac", false],
  ["a[b-d]", "ac", true],
  ["a[d-b]", "ac", true],
  ["a[^b]", "ab", false],
  ["a[\\]]", "a]", true],
  [String.raw`a\*`, "a*", true],
  [String.raw`a\*`, "ab", false],
  ["a.c", "abc", false],
  ["a[]", "a", false],
])("the pattern %s matches %j: %s", (pattern, key, matches) => {
  expect(globMatcher(pattern).test(key)).toBe(matches);
});
