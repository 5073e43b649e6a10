import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { postgresPrograms, startPostgres } from "../test/postgres-server.ts";
import type { TemporaryServer } from "../test/temporary-server.ts";
import { defaults } from "./config.ts";
import type { Color, QueuedCheckin, Run, WriteCommand } from "./messages.ts";
import { openReader, openStore } from "./open-store.ts";
import { SqliteStore } from "./sqlite-store.ts";
import type { Store, StoreReader, UntaggedRow } from "./store.ts";

const folder = mkdtempSync(join(tmpdir(), "store-test-"));
const open: Store[] = [];
let postgres: TemporaryServer | undefined;
let databases = 0;

beforeAll(async () => {
  if (postgresPrograms === null) console.warn("SKIPPED: the store's tests on PostgreSQL, since there is none here");
  else postgres = await startPostgres();
}, 60_000);
afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
});
afterAll(async () => {
  await postgres?.stop();
  rmSync(folder, { recursive: true });
});

/** A store on an empty database, and a way to open it again and to read it. */
interface Place {
  open(): Promise<Store>;
  reader(): Promise<StoreReader>;
}

function sqlitePlace(): Place {
  const path = join(folder, `store-${databases++}`);
  return {
    open: async () => kept(await openStore(defaults, path)),
    reader: () => openReader(defaults, path),
  };
}

/** A schema of its own each, named by the address. */
async function postgresPlace(): Promise<Place> {
  const { default: connect } = await import("postgres");
  const name = `place_${databases++}`;
  const sql = connect(postgres!.url, { max: 1, onnotice: () => undefined });
  await sql.unsafe(`CREATE SCHEMA ${name}`);
  await sql.end();
  const config = { ...defaults, storePoolSize: 1, databaseUrl: `${postgres!.url}?search_path=${name}` };
  return { open: async () => kept(await openStore(config, "")), reader: () => openReader(config, "") };
}

function kept(store: Store): Store {
  open.push(store);
  return store;
}
function citizen(id: string, run: Run = null): WriteCommand {
  return { kind: "add-citizen", run, citizen: { id, name: id, idNumber: "1", phone: "1" } };
}
function report(
  id: string,
  run: Run,
  options: { key?: string; fingerprint?: string; color?: Color; of?: string } = {},
): WriteCommand {
  const { key, fingerprint = "f", color = "green", of = id } = options;
  const declared = { citizenId: "c", symptoms: [], temperature: null, declaration: "{}", color, reportedAtMs: 1, requestId: of };
  return { kind: "add-report", run, report: { id, ...declared }, keyUse: key === undefined ? null : { key, fingerprint } };
}
function checkin(id: string, run: Run, of = id): QueuedCheckin {
  return { run, checkin: { id, citizenId: "a", venueId: "v", atMs: 0, requestId: of } };
}
const outcomes = async (store: Store, commands: readonly WriteCommand[]): Promise<string[]> =>
  (await store.apply(commands)).map((each) => each.outcome);
async function untaggedOf(store: Store): Promise<UntaggedRow[]> {
  const rows = [];
  for await (const row of store.untaggedRows()) rows.push(row);
  return rows;
}

const kinds = [
  { name: "SQLite", place: async () => sqlitePlace(), isHere: true },
  { name: "PostgreSQL", place: postgresPlace, isHere: postgresPrograms !== null },
];

describe.each(kinds)("the store on $name", ({ place, isHere }) => {
  it.skipIf(!isHere)("stores a batch, and tells who was there already", async () => {
    const store = await (await place()).open();
    expect(await outcomes(store, [citizen("a"), citizen("b", "run-1"), citizen("a")])).toEqual([
      "created",
      "created",
      "existing",
    ]);
    expect(await store.rows()).toEqual({ tagged: 1, untagged: 1 });
  });

  it.skipIf(!isHere)("stores nothing of a batch that fails, and says so of each command", async () => {
    const store = await (await place()).open();
    expect(await outcomes(store, [report("r", null)])).toEqual(["created"]);
    expect(await outcomes(store, [citizen("a"), report("r", null)])).toEqual(["failed", "failed"]);
    expect(await store.rows()).toEqual({ tagged: 0, untagged: 1 });
  });

  it.skipIf(!isHere)("makes one report of one key, refuses the key for another request, and keeps runs apart", async () => {
    const at = await place();
    const store = await at.open();
    const once = [report("r1", "run-1", { key: "k" }), report("r2", "run-1", { key: "k" })];
    expect(await outcomes(store, once)).toEqual(["created", "existing"]);
    expect(await outcomes(store, [report("r3", "run-1", { key: "k", fingerprint: "other" })])).toEqual(["key-reused"]);
    expect(await outcomes(store, [report("r4", "run-2", { key: "k" }), report("r5", null, { key: "k" })])).toEqual([
      "created",
      "created",
    ]);
    const reader = await at.reader();
    const found = [await reader.keyed("k", "run-1"), await reader.keyed("k", null), await reader.keyed("k", "run-3")];
    expect(found).toEqual([{ id: "r1", fingerprint: "f", count: 1 }, { id: "r5", fingerprint: "f", count: 1 }, undefined]);
  });

  it.skipIf(!isHere)("frees the key of a report that was taken back", async () => {
    const store = await (await place()).open();
    const thenBack: WriteCommand[] = [report("r1", "run-1", { key: "k" }), { kind: "remove-report", run: "run-1", id: "r1" }];
    expect(await outcomes(store, thenBack)).toEqual(["created", "removed"]);
    expect((await store.rows()).tagged).toBe(0);
  });

  it.skipIf(!isHere)("lets a run take back its own reports only", async () => {
    const store = await (await place()).open();
    await outcomes(store, [report("real", null), report("r1", "run-1")]);
    const remove = (run: Run, id: string): WriteCommand => ({ kind: "remove-report", run, id });
    const asked = [remove("run-2", "r1"), remove("run-1", "real"), remove(null, "real"), remove(null, "real")];
    expect(await outcomes(store, asked)).toEqual(["missing", "missing", "removed", "missing"]);
  });

  it.skipIf(!isHere)("colors a code by the latest report of the citizen's own kind", async () => {
    const at = await place();
    const store = await at.open();
    await outcomes(store, [citizen("c"), report("r1", "run-1", { color: "red" })]);
    const reader = await at.reader();
    expect(await reader.code("c")).toEqual({ id: "c", color: "green", run: null });
    await outcomes(store, [report("r2", null, { color: "red" })]);
    expect((await reader.code("c"))?.color).toBe("red");
  });

  it.skipIf(!isHere)("reads reports and check-ins back, and how many rows each request has made", async () => {
    const at = await place();
    const store = await at.open();
    await outcomes(store, [report("r1", "run-1", { key: "k" }), report("r2", "run-1", { of: "r1" })]);
    await store.addCheckins([checkin("1", null), checkin("2", null), checkin("2b", null, "2"), checkin("1", null)]);
    const reader = await at.reader();
    expect(await reader.report("r1")).toEqual({
      id: "r1",
      citizenId: "c",
      symptoms: [],
      temperature: null,
      color: "green",
      reportedAt: "1970-01-01T00:00:00.001Z",
      count: 2,
    });
    expect(await reader.keyed("k", "run-1")).toMatchObject({ count: 2 });
    expect([await reader.checkin("1"), await reader.checkin("2"), await reader.checkin("3")]).toMatchObject([
      { id: "1", citizenId: "a", venueId: "v", at: "1970-01-01T00:00:00.000Z", count: 1 },
      { count: 2 },
      undefined,
    ]);
  });

  it.skipIf(!isHere)("removes at most the limit of one run's rows, and no other's", async () => {
    const store = await (await place()).open();
    const run1 = [citizen("a", "run-1"), report("r", "run-1", { key: "k" })];
    await outcomes(store, [citizen("real"), citizen("other", "run-2"), ...run1]);
    const steps = [await store.rowsOf("run-1")];
    for (const limit of [2, 9, 9]) steps.push(await store.removeRun("run-1", limit));
    expect(steps).toEqual([3, 2, 1, 0]);
    expect([await store.rowsOf("run-2"), await store.rows()]).toEqual([1, { tagged: 1, untagged: 1 }]);
  });

  it.skipIf(!isHere)("refuses a tombstoned run's writes and drops its late check-ins, after a restart too", async () => {
    const at = await place();
    await (await at.open()).addTombstone("run-1");
    const again = await at.open();
    expect([await again.tombstones(), await again.isTombstoned("run-1"), await again.isTombstoned("run-2")]).toEqual([
      ["run-1"],
      true,
      false,
    ]);
    expect(await outcomes(again, [citizen("a", "run-1"), citizen("b", "run-2")])).toEqual(["tombstoned", "created"]);
    expect(await again.addCheckins([checkin("1", "run-1"), checkin("2", null)])).toBe(1);
    expect(await again.rowsOf("run-1")).toBe(0);
  });

  it.skipIf(!isHere)("fingerprints untagged rows by what they are, and neither by their order nor with tagged ones", async () => {
    const store = await (await place()).open();
    await store.seed(50);
    await outcomes(store, [citizen("t1", "run-1"), report("r1", null), report("r2", null, { key: "k" })]);
    const before = await store.untagged();
    expect(before.count).toBe(53);
    await outcomes(store, [citizen("t2", "run-1"), report("r3", "run-1")]);
    await store.removeRun("run-1", 2);
    expect(await store.untagged()).toEqual(before);
    await outcomes(store, [{ kind: "remove-report", run: null, id: "r1" }, report("r4", null, { color: "red" })]);
    const after = await store.untagged();
    expect(after.count).toBe(53);
    expect(after.checksum).not.toBe(before.checksum);
  });

  it.skipIf(!isHere)("lists untagged rows whose digests come to the checksum, with when each was written", async () => {
    const store = await (await place()).open();
    await store.seed(3);
    await outcomes(store, [report("r1", null, { key: "k" }), report("r2", "run-1")]);
    await store.addCheckins([checkin("1", null)]);
    const rows = await untaggedOf(store);
    expect(rows.map(({ place: table, key }) => `${table} ${key}`).toSorted()).toEqual([
      "checkins 1",
      "citizens resident-000001",
      "citizens resident-000002",
      "citizens resident-000003",
      "idempotency_keys k",
      "reports r1",
    ]);
    const sum = rows.reduce((total, { digest }) => total + BigInt(`0x${digest}`), 0n);
    expect((await store.untagged()).checksum).toBe(BigInt.asUintN(64, sum).toString(16).padStart(16, "0"));
    for (const { at } of rows) expect(at).toBe(new Date(at).toISOString());
  });
});

describe("SQLite", () => {
  it("reads one snapshot of 100,000 untagged rows while the writer goes on", async () => {
    const store = kept(new SqliteStore(join(folder, "large")));
    await store.seed(100_000);
    const scan = store.untagged();
    let longestMs = 0;
    let written = 0;
    const progress = { done: false };
    void scan.then(() => (progress.done = true));
    while (!progress.done) {
      const startMs = performance.now();
      await store.apply([citizen(`late-${written++}`)]);
      await nextTurn();
      longestMs = Math.max(longestMs, performance.now() - startMs);
    }
    expect((await scan).count).toBe(100_000);
    expect(written).toBeGreaterThan(10);
    // A slice is 4 ms; the rest is what a busy machine may add.
    expect(longestMs).toBeLessThan(100);
  });
});
