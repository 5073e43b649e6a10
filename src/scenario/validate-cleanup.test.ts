import { describe, expect, it } from "vitest";
import { cleanupSettings } from "./cleanup-settings.ts";
import { good } from "./good-scenario.fixture.ts";
import { describe as line } from "./input-fault.ts";
import { scenarioFaults } from "./validate.ts";

const faultsOf = async (cleanup: unknown): Promise<string[]> => (await scenarioFaults({ ...good, cleanup })).map(line);
const postgres = { url: "env:DATABASE_URL", tables: ["idempotency_keys", { name: "reports", changedAt: "changed_at" }] };
const redis = {
  url: "redis://127.0.0.1:6379",
  keys: ["code:{run}:*"],
  streams: [{ key: "checkins", field: "run" }],
  counters: [{ key: "stats:reports", addedIn: "stats:reports:{run}" }],
};
const look = () => Promise.resolve({ rows: {} });
const remove = () => Promise.resolve(0);

describe("cleanup", () => {
  it.each([
    ["one store", { postgres }],
    ["several in an object", { redis, postgres, http: { path: "/synthetic/{run}", untagged: "/synthetic/{run}/untagged" } }],
    ["several of a kind in a list", [{ postgres }, { postgres, redis }]],
    [
      "a Redis that is named, with an address to fall back on",
      { redis: { ...redis, url: "env:REDIS_URL:-redis://127.0.0.1:6379" } },
    ],
    ["what a sweep takes at most", [{ undo: { ratePerSec: 10_000, settle: "5m" } }]],
    ["a function of the scenario's own", { custom: { name: "search index", look, remove } }],
  ])("accepts %s", async (_, cleanup) => {
    expect(await faultsOf(cleanup)).toEqual([]);
  });

  it.each([
    [
      "a password that is written out",
      { postgres: { ...postgres, url: "postgres://me:hunter22@h/db" } },
      "cleanup.postgres.url: received a value (not shown)",
    ],
    [
      "a fallback, which PostgreSQL takes none of",
      { postgres: { ...postgres, url: "env:DATABASE_URL:-postgres://me@127.0.0.1/db" } },
      "cleanup.postgres.url: received a value (not shown); expected the name of an environment variable, without a fallback",
    ],
    [
      "a fallback with a password in it",
      { redis: { ...redis, url: "env:REDIS_URL:-redis://:hunter22@127.0.0.1" } },
      "cleanup.redis.url: received a value (not shown)",
    ],
    ["more undo requests than a sweep sends", { undo: { ratePerSec: 10_001 } }, "cleanup.undo.ratePerSec: received 10001"],
    ["a longer wait than a sweep keeps to", { undo: { settle: "301s" } }, 'cleanup.undo.settle: received "301s"'],
    [
      "a pattern that could mean every key",
      { redis: { ...redis, keys: ["code:*"] } },
      'cleanup.redis.keys: received ["code:*"]; expected patterns of keys, each with {run} in it',
    ],
    ["a table that is no identifier", { postgres: { ...postgres, tables: ["a; DROP TABLE b"] } }, "cleanup.postgres.tables"],
    ["no table", { postgres: { ...postgres, tables: [] } }, "cleanup.postgres.tables"],
    ["a counter that nothing says how to restore", { redis: { ...redis, counters: [{ key: "a" }] } }, "cleanup.redis.counters"],
    ["an unknown store, with what was meant", { postgress: postgres }, "cleanup.postgress: received an unknown key"],
    [
      "an undo of an operation that has none",
      { undo: { operations: ["scan"] } },
      'cleanup.undo.operations: received "scan"; expected a write operation with undo',
    ],
    [
      "ids of an operation that is not there",
      { postgres: { ...postgres, tables: [{ name: "r", ids: { operation: "repot", column: "id" } }] } },
      'cleanup.postgres.tables.ids: received "repot"',
    ],
  ])("refuses %s", async (_, cleanup, words) => {
    const faults = await faultsOf(cleanup);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(words);
    expect(faults[0]).not.toContain("hunter22");
  });

  it("wants an undo of every write where nothing else removes what was written", async () => {
    const write = { kind: "write", weight: 1, request: () => ({ path: "/" }), expect: { status: 201 } };
    const withUndo = { ...write, created: () => "1", undo: () => ({ path: "/" }) };
    const of = async (operations: object, cleanup: object): Promise<string[]> =>
      (await scenarioFaults({ ...good, operations, cleanup })).map(line);
    const both = { report: withUndo, photo: withUndo };
    expect(await of(both, { undo: {} })).toEqual([]);
    expect(await of({ ...both, photo: write }, { undo: {}, postgres })).toEqual([]);
    expect(await of({ ...both, photo: write }, { undo: {} })).toEqual([
      expect.stringMatching(/^operations\.photo\.undo: received a write without undo/),
    ]);
    expect(await of(both, { undo: { operations: ["report"] } })).toEqual([expect.stringContaining('"photo" is not')]);
    expect(await of(both, [{ undo: { operations: ["report"] } }, { undo: { operations: ["photo"] } }])).toEqual([]);
  });

  it("says in which entry of a list a fault is", async () => {
    expect((await faultsOf([{ postgres }, { redis: { ...redis, keys: ["*"] } }]))[0]).toMatch(/^cleanup\.1\.redis\.keys: /);
  });
});

describe("cleanup as data", () => {
  it("keeps the order in which stores are written, and no function", () => {
    const custom = { name: "search index", look, remove };
    expect(cleanupSettings({ redis, custom, postgres })).toEqual({
      stores: [
        { kind: "redis", ...redis },
        { kind: "custom", name: "search index" },
        { kind: "postgres", ...postgres },
      ],
    });
    expect(cleanupSettings([{ postgres }, { redis }])).toMatchObject({ stores: [{ kind: "postgres" }, { kind: "redis" }] });
  });

  it("keeps a reason, and nothing where nothing is said", () => {
    expect(cleanupSettings({ none: "rows expire" })).toEqual({ none: "rows expire" });
    expect(cleanupSettings(undefined)).toBeNull();
  });
});
