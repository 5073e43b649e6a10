import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createTlsServer } from "node:tls";
import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CleanupFile, UntaggedRow } from "../../src/model/cleanup.ts";
import type { RedisCleanup } from "../../src/model/cleanup-rules.ts";
import type { AcceptedWrite, JournalIntent } from "../../src/model/journal.ts";
import { hasRedis, startRedis } from "../../test/redis-server.ts";
import type { TemporaryServer } from "../../test/temporary-server.ts";
import { emptyJournal, exampleJournal, exampleRun } from "../example-run.ts";
import { cleanUp, readBaseline } from "../index.ts";
import { globMatcher } from "./glob.ts";
import { planRedis, RedisStore } from "./store.ts";
import { StoreFault, totalRows, type JournalAccess } from "../store.ts";

if (!hasRedis) console.warn("SKIPPED: cleanup of Redis, since there is no redis-server here");

const runId = "20260101-000000-0123abcd";
const other = "20260101-000000-0123abce";
let server: TemporaryServer;
let redis: Redis;

function storeOf(
  settings: Partial<RedisCleanup>,
  given: { url?: string; secret?: string; run?: string; journal?: JournalAccess; signal?: AbortSignal } = {},
): RedisStore {
  const whole = { url: given.url ?? server.url, ...settings };
  const { run = runId, journal = emptyJournal, signal } = given;
  return new RedisStore(whole, planRedis(whole, "redis", run), {
    run: exampleRun({ runId: run }),
    secret: given.secret ?? null,
    journal,
    signal,
    timeoutUs: 2_000_000,
    scenario: () => Promise.reject(new Error("none")),
  });
}

async function removeAll(store: RedisStore, limit = 7): Promise<number> {
  let total = 0;
  for (let calls = 0; calls < 1_000; calls++) {
    const { deleted, remaining } = await store.remove(limit);
    expect(deleted).toBeLessThanOrEqual(limit + 2);
    total += deleted;
    if (remaining === 0) return total;
    expect(deleted).toBeGreaterThan(0);
  }
  throw new Error("it did not end");
}

async function listed(store: RedisStore): Promise<UntaggedRow[]> {
  const rows: UntaggedRow[] = [];
  for await (const row of store.untaggedRows() ?? []) rows.push(row);
  return rows;
}

/** Everything that is there, in Redis's own form. */
async function dump(pattern = "*"): Promise<Record<string, string>> {
  const keys = (await redis.keys(pattern)).toSorted();
  const values = await Promise.all(keys.map(async (key) => [key, (await redis.dumpBuffer(key))?.toString("hex") ?? ""] as const));
  return Object.fromEntries(values);
}

function journalOf(accepted: number, open = 0): JournalAccess {
  const write: AcceptedWrite = { id: null, key: null, user: 0 };
  const intent: JournalIntent = { k: "i", n: 0, u: 0, op: "report", p: "load", a: 1 };
  return {
    ...emptyJournal,
    accepted: async function* accept() {
      for (let n = 0; n < accepted; n++) yield write;
    },
    open: async function* unknown() {
      for (let n = 0; n < open; n++) yield intent;
    },
  };
}

describe.skipIf(!hasRedis)("A sweep of Redis", { timeout: 60_000 }, () => {
  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });
  beforeEach(() => redis.flushall());

  it("removes this run's keys in batches, and none of another's", async () => {
    for (let n = 0; n < 50; n++) await redis.set(`report:${runId}:${n}`, "x");
    await redis.hset(`profile:${runId}`, { a: 1 });
    await redis.set(`report:${other}:1`, "x");
    await redis.set("report:1", "x");
    const store = storeOf({ keys: ["report:{run}:*", "*:{run}", "report:{run}*"], untagged: ["report:*"], batch: 10 });
    expect(await store.look()).toMatchObject({ rows: { keys: 51 }, untagged: { count: 2 }, tombstoned: null });
    await store.guard();
    expect(await removeAll(store)).toBe(51);
    expect((await store.look()).rows).toEqual({ keys: 0 });
    expect((await redis.keys("*")).toSorted()).toEqual(["report:1", `report:${other}:1`]);
    await store.close();
  });

  it("stops before the first delete where a pattern also matches a run whose id is longer", async () => {
    await redis.set(`report:${runId}f:1`, "x");
    await redis.set(`report:${runId}:1`, "x");
    const store = storeOf({ keys: ["report:{run}*"] });
    await expect(store.guard()).rejects.toMatchObject({ kind: "safety", transient: false });
    await expect(store.remove(10)).rejects.toThrow(StoreFault);
    expect(await redis.keys("*")).toHaveLength(2);
    await store.close();
  });

  it("removes this run's entries of a shared stream, and leaves its groups what they had", async () => {
    await redis.xgroup("CREATE", "events", "readers", "$", "MKSTREAM");
    for (let n = 0; n < 40; n++) await redis.xadd("events", "*", "n", n, "run", n % 3 === 0 ? runId : other);
    await redis.xreadgroup("GROUP", "readers", "one", "COUNT", 10, "STREAMS", "events", ">");
    const store = storeOf({ streams: [{ key: "events", field: "run" }], untagged: ["events"], batch: 6 });
    const before = await store.look();
    expect(before).toMatchObject({ rows: { streams: 14 }, untagged: { count: 1 } });
    expect(await removeAll(store, 4)).toBe(14);
    expect(await store.look()).toEqual({ ...before, rows: { streams: 0 } });
    expect(await redis.xlen("events")).toBe(26);
    expect((await redis.xpending("events", "readers"))[0]).toBe(10);
    await store.close();
  });

  it("takes back what the run added to a counter, once, beyond 2^53 too", async () => {
    await redis.set("visits", "9223372036854770000");
    await redis.set(`added:${runId}`, "9007199254740995");
    await redis.set("stock", "95");
    await redis.set(`used:${runId}`, "-5");
    const store = storeOf({
      keys: ["*:{run}"],
      counters: [
        { key: "visits", addedIn: "added:{run}" },
        { key: "stock", addedIn: "used:{run}" },
      ],
    });
    expect((await store.look()).rows).toEqual({ keys: 0, counters: Number(9_007_199_254_740_995n) + 5 });
    await store.guard();
    await removeAll(store);
    await removeAll(storeOf({ counters: [{ key: "visits", addedIn: "added:{run}" }] }));
    expect(await redis.mget("visits", "stock")).toEqual([String(9223372036854770000n - 9007199254740995n), "100"]);
    expect((await store.look()).rows).toEqual({ keys: 0, counters: 0 });
    await store.close();
  });

  it("takes back so much for each write that was created, in all and not each time", async () => {
    await redis.set("visits", "1000");
    const counters = [{ key: "visits", perCreated: { report: 2 } }] as const;
    for (const accepted of [3, 3, 10]) {
      const store = storeOf({ keys: ["*{run}*"], counters }, { journal: journalOf(accepted) });
      await removeAll(store);
      expect(await store.look()).toEqual({ rows: { keys: 0, "counters by journal": 0 }, untagged: null, tombstoned: null });
      expect(await redis.get("visits")).toBe(String(1000 - 2 * accepted));
      await store.close();
    }
    expect(await redis.ttl(`peakproof:taken-back:${runId}:visits`)).toBeGreaterThan(300 * 86_400);
  });

  it("stops where a counter is lower than what the journal says that the run added: it is another Redis", async () => {
    await redis.set("visits", "9");
    const counters = [{ key: "visits", perCreated: { report: 2 } }] as const;
    const store = storeOf({ counters }, { journal: journalOf(5) });
    await expect(store.guard()).rejects.toMatchObject({ kind: "usage", message: expect.stringContaining("another Redis") });
    await redis.set("visits", "10");
    await expect(store.guard()).resolves.toBeUndefined();
    await store.close();
  });

  it("does not take a counter that it lowered by the journal alone for a sign that the run was here", async () => {
    await redis.set("visits", "1000");
    const stores = [{ kind: "redis", url: server.url, counters: [{ key: "visits", perCreated: { report: 2 } }] }] as const;
    const options = {
      run: exampleRun({ runId, plan: { cleanup: { stores } } }),
      clock: { nowUs: () => 0, sleep: async () => undefined },
      secrets: {},
      journal: journalOf(5),
      scenario: () => Promise.reject(new Error("none")),
      totals: exampleJournal({ created: 5, unknown: 0 }),
      baseline: null,
      dryRun: false,
    };
    const entry = await cleanUp(options);
    expect(entry).toMatchObject({
      deleted: 0,
      residue: null,
      verified: false,
      stores: [{ before: { "counters by journal": 10 } }],
    });
    expect(await redis.get("visits")).toBe("990");
    expect(await cleanUp({ ...options, earlier: [entry] })).toMatchObject({ residue: null });
  });

  it("says by how much a counter may be off where outcomes are not known", async () => {
    await redis.set("visits", "1000");
    const store = storeOf({ counters: [{ key: "visits", perCreated: { report: 2 } }] }, { journal: journalOf(5, 3) });
    await removeAll(store);
    expect(await store.look()).toMatchObject({
      rows: { "counters by journal": 0, unknown: 6 },
      unresolved: { count: 6, problems: [expect.stringContaining("visits may be off by up to 6: the outcome of 3 writes")] },
    });
    await store.close();
  });

  it.each([
    ["is not there", async () => undefined, "is not there"],
    ["is a hash", () => redis.hset("visits", { a: 1 }), "is no counter"],
    ["is half a number", () => redis.set("visits", "1.5"), "is no counter"],
  ])("stops where a counter %s", async (_what, arrange, words) => {
    await redis.set(`added:${runId}`, "5");
    await arrange();
    const store = storeOf({ counters: [{ key: "visits", addedIn: "added:{run}" }] });
    await expect(store.guard()).rejects.toThrow(words);
    await expect(store.remove(10)).rejects.toMatchObject({ transient: false });
    expect(await redis.get(`added:${runId}`)).toBe("5");
    await store.close();
  });

  it("needs no counter before the run has added anything", async () => {
    const store = storeOf({ counters: [{ key: "visits", addedIn: "added:{run}" }] });
    await expect(store.guard()).resolves.toBeUndefined();
    await store.close();
  });

  it("does not check keys of others where a set has more members than are read, and says so", async () => {
    await redis.eval(
      'for from = 1, 1000001, 1000 do local m = {} for n = from, from + 999 do m[#m + 1] = n end redis.call("SADD", "huge", unpack(m)) end',
      0,
    );
    const store = storeOf({ keys: ["a:{run}:*"], untagged: ["huge", "b"] });
    expect(await store.look()).toMatchObject({ untagged: null });
    expect(store.warnings).toEqual([expect.stringContaining("since huge has more than 1,000,000 members")]);
    await redis.del("huge");
    expect(await store.look()).toMatchObject({ untagged: { count: 0 } });
    expect(store.warnings).toEqual([]);
    await store.close();
  });

  it("takes a password as it is where it is not percent-encoded", () => {
    const url = server.url.replace("//", "//:%zz@");
    expect(() => storeOf({ url: "env:REDIS_URL", keys: ["a:{run}:*"] }, { secret: url })).not.toThrow();
  });

  it("closes the run before it removes anything", async () => {
    const store = storeOf({ keys: ["a:{run}:*"], tombstones: "swept", untagged: ["*"] });
    const before = await store.look();
    expect(before).toMatchObject({ tombstoned: false, untagged: { count: 0 } });
    await store.remove(10);
    expect(await store.look()).toEqual({ ...before, tombstoned: true });
    expect(await redis.smembers("swept")).toEqual([runId]);
    await store.close();
  });

  it("leaves the digest of untagged keys as it was before the run, whatever the run shared with them", async () => {
    await redis.set("visits", "10");
    await redis.xadd("events", "*", "run", "-");
    const settings: Partial<RedisCleanup> = {
      keys: ["a:{run}:*"],
      streams: [
        { key: "events", field: "run" },
        { key: "fresh-events", field: "run" },
      ],
      counters: [
        { key: "visits", addedIn: "added:{run}" },
        { key: "fresh", addedIn: "fresh:{run}" },
      ],
      untagged: ["*"],
    };
    const store = storeOf(settings);
    const { untagged } = await store.look();
    await redis.incrby("visits", 7);
    await redis.set(`added:${runId}`, 7);
    await redis.incrby("fresh", 3);
    await redis.set(`fresh:${runId}`, 3);
    await redis.set(`a:${runId}:1`, 3);
    await redis.xadd("events", "*", "run", runId);
    await redis.xadd("fresh-events", "*", "run", runId);
    expect((await store.look()).untagged).toEqual(untagged);
    await removeAll(store);
    expect((await store.look()).untagged).toEqual(untagged);
    await redis.incr("visits");
    expect((await store.look()).untagged).not.toEqual(untagged);
    await store.close();
  });

  it("takes nothing of its handshake's canaries for somebody else's, in the run and in each canary", async () => {
    const settings = { keys: ["a:{run}:*"], counters: [{ key: "all", addedIn: "added*:{run}" }], untagged: ["a*"] };
    const runs = [runId, `${runId}-c1`, `${runId}-c2`];
    await redis.mset({ "a:real:1": "x", added: "1", all: "5" });
    const looks = () => Promise.all(runs.map(async (run) => (await storeOf(settings, { run }).look()).untagged));
    const before = await looks();
    expect(before[0]?.count).toBe(3);
    for (const run of runs) {
      await redis.mset({ [`a:${run}:1`]: "x", [`added*:${run}`]: "2" });
      await redis.incrby("all", 2);
    }
    expect(await looks()).toEqual(before);
    await removeAll(storeOf(settings, { run: `${runId}-c2` }));
    expect(await redis.get("all")).toBe("9");
    expect(await looks()).toEqual(before);
  });

  it("finds keys of the run that no pattern removes among the untagged", async () => {
    const store = storeOf({ keys: ["a:{run}:*"], untagged: ["*"] });
    await redis.set(`forgotten:${runId}`, "x");
    expect(await listed(store)).toMatchObject([{ place: "keys", key: `forgotten:${runId}`, at: null }]);
    await store.close();
  });

  it("sees each change of a value of any type, and none in how or for how long it is kept", async () => {
    const text = "x".repeat(70_000);
    const members = Array.from({ length: 1_200 }, (_, n) => `m${n}`);
    const store = storeOf({ keys: ["a:{run}:*"], untagged: ["*"] });
    const write = async (order: readonly string[]): Promise<void> => {
      await redis.flushall();
      await redis.set("text", text);
      await redis.rpush("list", ...members);
      await redis.sadd("set", ...order);
      await redis.hset("hash", Object.fromEntries(order.map((member) => [member, `v${member}`])));
      await redis.zadd("zset", ...order.flatMap((member) => [Number(member.slice(1)), member]));
      for (let n = 1; n < 600; n++) await redis.xadd("stream", `${n}-0`, "a", n);
      await redis.set(Buffer.from([0xff, 0xfe]), "bytes");
    };
    await write(members);
    const { untagged } = await store.look();
    expect(untagged?.count).toBe(7);
    await write(members.toReversed());
    await redis.expire("text", 1_000);
    expect((await store.look()).untagged).toEqual(untagged);
    const changes = [
      () => redis.setrange("text", 69_999, "y"),
      () => redis.lset("list", 1_100, "y"),
      () => redis.srem("set", "m7"),
      () => redis.hset("hash", "m7", "y"),
      () => redis.zadd("zset", 7.5, "m7"),
      () => redis.xdel("stream", "599-0"),
      () => redis.rename("text", "renamed"),
    ];
    let last = untagged?.checksum;
    for (const change of changes) {
      await change();
      const { checksum } = (await store.look()).untagged ?? {};
      expect(checksum).not.toBe(last);
      last = checksum;
    }
    const rows = await listed(store);
    expect(rows.map(({ key }) => key)).toContain("hex:fffe");
    await store.close();
  });

  it("judges patterns as Redis does", async () => {
    const piece = fc.constantFrom(
      "a",
      "b",
      "-",
      "*",
      "?",
      "[ab]",
      "[^a]",
      "[a-b]",
      "[b-a]",
      String.raw`\*`,
      String.raw`[\]a]`,
      "ä",
      ".",
    );
    const key = fc.string({ unit: fc.constantFrom("a", "b", "-", "*", "]", "ä", "."), minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { minLength: 1, maxLength: 5 }),
        fc.array(key, { maxLength: 12 }),
        async (pieces, keys) => {
          await redis.flushall();
          for (const name of keys) await redis.set(name, "");
          const pattern = Buffer.from(pieces.join(""));
          const found = (await redis.scanBuffer(0, "MATCH", String(pattern), "COUNT", 1_000))[1].map(String).toSorted();
          const own = globMatcher(pattern.toString("latin1"));
          expect([...new Set(keys)].filter((name) => own.test(Buffer.from(name).toString("latin1"))).toSorted()).toEqual(found);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("changes no untagged key, takes each counter back exactly and comes to an end, wherever its connection is cut", async () => {
    const settings: Partial<RedisCleanup> = {
      keys: ["r:{run}:*", "*:{run}"],
      streams: [{ key: "events", field: "run" }],
      counters: [
        { key: "visits", addedIn: "added:{run}" },
        { key: "reports", perCreated: { report: 3 } },
      ],
      tombstones: "swept",
      untagged: ["*"],
      batch: 5,
    };
    const world = fc.record({
      keys: fc.integer({ min: 0, max: 30 }),
      entries: fc.array(fc.boolean(), { maxLength: 30 }),
      added: fc.integer({ min: -50, max: 50 }),
      created: fc.integer({ min: 0, max: 20 }),
      untagged: fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), fc.string(), { maxKeys: 20 }),
      cuts: fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 12 }),
    });
    await using proxy = await CuttingProxy.start(Number(new URL(server.url).port));
    await fc.assert(
      fc.asyncProperty(world, async ({ keys, entries, added, created, untagged, cuts }) => {
        await redis.flushall();
        for (const [key, value] of Object.entries(untagged)) await redis.set(`u:${key}`, value);
        await redis.mset("visits", 100 + added, "reports", 100 + 3 * created);
        if (added !== 0) await redis.set(`added:${runId}`, added);
        for (let n = 0; n < keys; n++) await redis.set(`r:${runId}:${n}`, n);
        for (const own of entries) await redis.xadd("events", "*", "run", own ? runId : other);
        const journal = journalOf(created);
        const direct = storeOf(settings, { journal });
        const before = await direct.look();
        const untouched = await dump("u:*");
        for (const after of cuts) {
          proxy.cutAfter(after);
          const store = storeOf(settings, { journal, url: proxy.url });
          const thrown = await removeAll(store).then(
            () => null,
            (fault: StoreFault) => fault,
          );
          expect(thrown === null || thrown.transient, String(thrown)).toBe(true);
          await store.close();
        }
        await removeAll(direct);
        expect(await dump("u:*")).toEqual(untouched);
        expect(await redis.mget("visits", "reports")).toEqual(["100", "100"]);
        expect(await direct.look()).toEqual({
          ...before,
          rows: { keys: 0, streams: 0, counters: 0, "counters by journal": 0 },
          tombstoned: true,
        });
        const swept = await dump();
        expect(await removeAll(direct)).toBe(0);
        expect(await dump()).toEqual(swept);
        await direct.close();
      }),
      { numRuns: 40 },
    );
    expect(proxy.cuts).toBeGreaterThan(20);
  });

  it("is proven by the course of a whole cleanup, and does nothing a second time", async () => {
    const stores = [
      {
        kind: "redis",
        url: server.url,
        keys: ["r:{run}:*"],
        counters: [{ key: "visits", addedIn: "added:{run}" }],
        tombstones: "swept",
        untagged: ["*"],
      },
    ] as const;
    const run = exampleRun({ runId, plan: { cleanup: { stores } } });
    const scenario = () => Promise.reject(new Error("none"));
    const clock = { nowUs: () => 0, sleep: async () => undefined };
    const options = { run, clock, secrets: {}, journal: emptyJournal, scenario };
    await redis.set("visits", 5);
    let baseline: CleanupFile["baseline"] = null;
    await readBaseline(options, async ({ states }) => void (baseline = states));
    await redis.incrby("visits", 3);
    await redis.set(`added:${runId}`, 3);
    for (let n = 0; n < 1_200; n++) await redis.set(`r:${runId}:${n}`, n);
    const totals = exampleJournal({ created: 1_200, unknown: 0 });
    const entry = await cleanUp({ ...options, totals, baseline, dryRun: false });
    expect(entry).toMatchObject({ deleted: 1_201, residue: 0, untagged: "unchanged", verified: true });
    expect(await redis.get("visits")).toBe("5");
    const after = await dump();
    const again = await cleanUp({ ...options, totals, baseline, dryRun: false });
    expect(again).toMatchObject({ deleted: 0, residue: 0, verified: true });
    expect(await dump()).toEqual(after);
  });

  it("tells what passes from what does not, and never the password", async () => {
    const secret = "hunter2hunter2";
    await redis.config("SET", "requirepass", secret);
    const attempt = async (url: string): Promise<StoreFault> => {
      const store = storeOf({ keys: ["a:{run}"] }, { url: "env:REDIS_URL" });
      const run = exampleRun({ runId });
      await store.close();
      const settings = { url: "env:REDIS_URL", keys: ["a:{run}"] };
      const own = new RedisStore(settings, planRedis(settings, "redis", runId), {
        run,
        secret: url,
        journal: emptyJournal,
        scenario: () => Promise.reject(new Error("none")),
      });
      return own.look().then(
        () => Promise.reject(new Error("it answered")),
        (thrown: unknown) => thrown as StoreFault,
      );
    };
    try {
      const port = new URL(server.url).port;
      for (const [url, kind, transient] of [
        [`redis://127.0.0.1:${port}`, "usage", false],
        [`redis://:wrong-${secret}@127.0.0.1:${port}`, "usage", false],
        [`redis://:${secret}@127.0.0.1:1`, "unreachable", true],
        [`http://:${secret}@127.0.0.1`, "usage", false],
      ] as const) {
        const fault = await attempt(url);
        expect(fault).toBeInstanceOf(StoreFault);
        expect([fault.kind, fault.transient, fault.cause], fault.message).toEqual([kind, transient, undefined]);
        expect(JSON.stringify([fault, fault.message, fault.stack])).not.toContain(secret);
      }
      const good = { url: "env:REDIS_URL", keys: ["a:{run}"] };
      const store = new RedisStore(good, planRedis(good, "redis", runId), {
        run: exampleRun({ runId }),
        secret: `redis://:${secret}@127.0.0.1:${port}/3`,
        journal: emptyJournal,
        scenario: () => Promise.reject(new Error("none")),
      });
      expect(totalRows((await store.look()).rows)).toBe(0);
      await store.close();
    } finally {
      await redis.config("SET", "requirepass", "");
    }
  });

  it("speaks TLS to rediss:// and ends at a certificate that nobody vouches for", async () => {
    const pem = readFileSync(new URL("../../src/calibration/null-server.pem", import.meta.url));
    const guarded = createTlsServer({ key: pem, cert: pem }).listen(0, "127.0.0.1");
    await once(guarded, "listening");
    const store = storeOf({ keys: ["a:{run}"] }, { url: `rediss://localhost:${(guarded.address() as AddressInfo).port}` });
    await expect(store.look()).rejects.toMatchObject({
      kind: "unreachable",
      transient: false,
      detail: { fix: expect.stringContaining("NODE_EXTRA_CA_CERTS") },
    });
    await store.close();
    guarded.close();
  });

  it("gives up a server that does not answer, and whatever it is doing when it is stopped", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const stop = new AbortController();
    const [slow, stopped] = [undefined, stop.signal].map((signal) => {
      const settings = { url: `redis://127.0.0.1:${port}`, keys: ["a:{run}"] };
      const context = {
        run: exampleRun({ runId }),
        secret: null,
        journal: emptyJournal,
        timeoutUs: 300_000,
        signal,
        scenario: () => Promise.reject(new Error("none")),
      };
      return new RedisStore(settings, planRedis(settings, "redis", runId), context);
    });
    let connections = 0;
    silent.on("connection", () => ++connections === 2 && stop.abort());
    const looks = [slow, stopped].map(async (store) => store?.look());
    for (const { status, reason } of (await Promise.allSettled(looks)) as PromiseRejectedResult[])
      expect({ status, reason }).toMatchObject({
        status: "rejected",
        reason: { name: "StoreFault", kind: "unreachable", transient: true },
      });
    await expect(stopped?.look()).rejects.toThrow("stopped");
    await Promise.all([slow?.close(), stopped?.close()]);
    silent.close();
  });
});

/** Passes bytes on to a Redis until so many pieces of them went either way, and then cuts that connection. */
class CuttingProxy implements AsyncDisposable {
  readonly url: string;
  cuts = 0;
  readonly #server;
  readonly #sockets = new Set<Socket>();
  #left = Number.POSITIVE_INFINITY;

  private constructor(server: ReturnType<typeof createServer>, target: number) {
    this.#server = server;
    this.url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("connection", (client) => this.#join(client, connect(target, "127.0.0.1")));
  }

  static async start(target: number): Promise<CuttingProxy> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new CuttingProxy(server, target);
  }

  cutAfter(pieces: number): void {
    this.#left = pieces;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #join(client: Socket, upstream: Socket): void {
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(from);
      from.on("error", () => undefined);
      from.on("close", () => to.destroy());
      from.on("data", (piece) => {
        if (this.#left-- > 0) return void to.write(piece);
        this.cuts += 1;
        client.destroy();
        upstream.destroy();
      });
    }
  }
}
