/** What a service does with stores that others may touch as well: a PostgreSQL and a Redis. */
import { Redis } from "ioredis";
import postgres, { type Sql } from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { postgresPrograms, startPostgres } from "../test/postgres-server.ts";
import { hasRedis, startRedis } from "../test/redis-server.ts";
import type { TemporaryServer } from "../test/temporary-server.ts";
import type { ServiceConfig } from "./config.ts";
import { ServiceError } from "./errors.ts";
import { startService } from "./start.ts";
import { eventually, send, testService, type TestService } from "./testing.ts";

const hasServers = postgresPrograms !== null && hasRedis;
if (!hasServers) console.warn("SKIPPED: tests of a service on PostgreSQL and Redis, since there are none here");

const person = { name: "王五", idNumber: "000000197001010012", phone: "10000000001" };
const tagged = (run: string) => ({ "x-synthetic-run": run, connection: "close" });
const rowsOf = async (service: TestService, run: string) => (await service.synthetic(run)).body["rows"] as Record<string, number>;
const totalOf = (rows: Record<string, number>): number => Object.values(rows).reduce((sum, count) => sum + count, 0);
const statusOf = async (reply: Promise<{ status: number }>): Promise<number> => (await reply).status;

describe.skipIf(!hasServers)("a service on PostgreSQL and Redis", () => {
  let servers: TemporaryServer[];
  let sql: Sql;
  let redis: Redis;
  let addresses: Pick<ServiceConfig, "databaseUrl" | "redisUrl">;
  const start = (config: Partial<ServiceConfig> = {}) => testService({ ...addresses, ...config });

  beforeAll(async () => {
    const [database, cache] = (servers = await Promise.all([startPostgres(), startRedis()]));
    addresses = { databaseUrl: database!.url, redisUrl: cache!.url };
    sql = postgres(database!.url, { max: 3, onnotice: () => undefined });
    redis = new Redis(cache!.url);
  }, 60_000);
  beforeEach(async () => {
    await sql`DROP TABLE IF EXISTS idempotency_keys, reports, checkins, citizens, tombstones`;
    await redis.flushall();
  });
  afterAll(async () => {
    await sql.end();
    redis.disconnect();
    for (const server of servers) await server.stop();
  });

  /** Rows of every kind, in all places. */
  async function writeSome(service: TestService, run: string): Promise<void> {
    for (const id of [1, 2]) await service.post("/citizens", { id: `${run}-${id}`, ...person }, tagged(run));
    for (const key of [{}, { "idempotency-key": "k" }])
      await service.post("/reports", { citizenId: `${run}-1` }, { ...tagged(run), ...key });
    for (let at = 0; at < 5; at++) await service.post("/checkins", { citizenId: `${run}-1`, venueId: "v" }, tagged(run));
    for (const id of [1, 2]) await service.code(`${run}-${id}`, tagged(run));
  }

  it("removes a run everywhere, counters too, and leaves the others alone", async () => {
    await using service = await start({ workers: 2, queueRatePerSec: 1, cacheTtlMs: 60_000 });
    const before = (await service.synthetic("one")).body;
    expect(before).toMatchObject({ rows: { store: 0, cache: 0, queue: 0, counters: 0 }, untagged: { count: 200 } });
    for (const run of ["one", "two"]) await writeSome(service, run);
    await service.post("/reports", { citizenId: "resident-000001" });
    const rows = await rowsOf(service, "one");
    expect(rows).toMatchObject({ cache: 2, counters: 2 });
    expect(await redis.get("stats:reports")).toBe("5");
    expect((await redis.keys("code:one:*")).toSorted()).toEqual(["code:one:one-1", "code:one:one-2"]);
    const { body } = await service.synthetic("one", "DELETE");
    expect(body).toMatchObject({ rows: { store: 0, cache: 0, queue: 0, counters: 0 }, tombstoned: true });
    expect(body["deleted"]).toBeGreaterThanOrEqual(totalOf(rows));
    expect([await redis.get("stats:reports"), await redis.get("stats:reports:two")]).toEqual(["3", "2"]);
    expect(await rowsOf(service, "two")).toMatchObject({ cache: 2, counters: 2 });
    expect(await statusOf(service.post("/checkins", { citizenId: "c", venueId: "v" }, tagged("one")))).toBe(410);
  });

  it("lists the untagged rows that it counts", async () => {
    await using service = await start();
    await writeSome(service, "listed");
    await service.post("/reports", { citizenId: "resident-000001" }, { "idempotency-key": "k" });
    const headers = { authorization: `Bearer ${service.config.adminToken}` };
    const { text } = await send(`${service.adminUrl}/synthetic/listed/untagged`, { headers });
    const rows = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { place: string; digest: string });
    expect(new Set(rows.map(({ place }) => place))).toEqual(new Set(["citizens", "reports", "idempotency_keys"]));
    const sum = BigInt.asUintN(
      64,
      rows.reduce((total, { digest }) => total + BigInt(`0x${digest}`), 0n),
    );
    const { untagged } = (await service.synthetic("listed")).body;
    expect(untagged).toEqual({ count: 202, checksum: sum.toString(16).padStart(16, "0") });
  });

  it("takes a report that is taken back from both counters", async () => {
    await using service = await start();
    const { body } = await service.post("/reports", { citizenId: "c" }, tagged("one"));
    await service.remove(`/reports/${String(body["id"])}`, tagged("one"));
    expect([await redis.get("stats:reports"), await redis.get("stats:reports:one")]).toEqual(["0", "0"]);
  });

  it("honours tombstones that somebody else has set", async () => {
    await using service = await start({ cacheTtlMs: 60_000 });
    await sql`INSERT INTO tombstones (run) VALUES ('elsewhere')`;
    await redis.sadd("tombstones", "elsewhere");
    const writes = [
      service.post("/citizens", { id: "late", ...person }, tagged("elsewhere")),
      service.post("/reports", { citizenId: "late" }, tagged("elsewhere")),
      service.post("/checkins", { citizenId: "late", venueId: "v" }, tagged("elsewhere")),
    ];
    expect(await Promise.all(writes.map(statusOf))).toEqual([410, 410, 410]);
    expect(await statusOf(service.code("resident-000001", tagged("elsewhere")))).toBe(200);
    expect(await rowsOf(service, "elsewhere")).toEqual({ store: 0, cache: 0, queue: 0, counters: 0 });
  });

  it("makes a tombstone of somebody else's wait for the write that has already looked", async () => {
    await using service = await start();
    const writeWaits = () =>
      sql`SELECT 1 FROM pg_stat_activity WHERE application_name = 'health-code' AND wait_event = 'relation'`;
    let sweep: Promise<unknown> | undefined;
    let write: Promise<number> | undefined;
    await sql.begin(async (transaction) => {
      await transaction`LOCK TABLE citizens IN SHARE MODE`;
      write = statusOf(service.post("/citizens", { id: "slow", ...person }, tagged("slow")));
      await eventually(writeWaits, ({ length }) => length > 0);
      sweep = (async () => {
        await sql`INSERT INTO tombstones (run) VALUES ('slow')`;
        await sql`DELETE FROM citizens WHERE synthetic_run = 'slow'`;
      })();
      // Long enough for a tombstone that waits for nobody, and its delete.
      await new Promise((resolve) => setTimeout(resolve, 200));
    });
    await sweep;
    expect(await write).toBe(201);
    expect(await sql`SELECT 1 FROM citizens WHERE synthetic_run = 'slow'`).toHaveLength(0);
  });

  it("drops what waits of a run that was tombstoned by somebody else", async () => {
    await using service = await start({ queueRatePerSec: 5 });
    for (let at = 0; at < 5; at++) await service.post("/checkins", { citizenId: "c", venueId: "v" }, tagged("waiting"));
    await sql`INSERT INTO tombstones (run) VALUES ('waiting')`;
    await sql`DELETE FROM checkins WHERE synthetic_run = 'waiting'`;
    expect(
      await eventually(
        () => redis.xlen("checkins"),
        (length) => length === 0,
      ),
    ).toBe(0);
    expect(await sql`SELECT 1 FROM checkins WHERE synthetic_run = 'waiting'`).toHaveLength(0);
  });

  it("keeps rows, counters and what waits over a kill and a restart", async () => {
    const first = await start({ queueRatePerSec: 0.1 });
    await first.post("/reports", { citizenId: "c" }, tagged("kept"));
    for (let at = 0; at < 3; at++) await first.post("/checkins", { citizenId: "c", venueId: "v" }, tagged("kept"));
    expect(await rowsOf(first, "kept")).toMatchObject({ store: 1, queue: 3, counters: 1 });
    first.kill();
    await first.stop();
    await using second = await start();
    const rows = await eventually(
      () => rowsOf(second, "kept"),
      (each) => each["store"] === 4 && each["queue"] === 0,
    );
    expect(rows).toMatchObject({ store: 4, queue: 0, counters: 1 });
  });

  it("refers from keys to reports, so that a sweep must go in order", async () => {
    await using service = await start();
    await service.post("/reports", { citizenId: "c" }, { ...tagged("order"), "idempotency-key": "k" });
    await expect(sql`DELETE FROM reports WHERE synthetic_run = 'order'`.execute()).rejects.toThrow("foreign key");
  });

  it("goes on when the database has cut its connections", async () => {
    await using service = await start();
    await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'health-code'`;
    const write = () => statusOf(service.post("/reports", { citizenId: "c" }));
    expect(await eventually(write, (status) => status === 201)).toBe(201);
    expect(
      await eventually(
        () => statusOf(service.code("resident-000004")),
        (status) => status === 200,
      ),
    ).toBe(200);
  });

  it("leaves no connection behind", async () => {
    const service = await start({ workers: 2 });
    await service.code("resident-000001");
    const connections = () => sql`SELECT 1 FROM pg_stat_activity WHERE application_name = 'health-code'`;
    expect((await connections()).length).toBeGreaterThan(2);
    await service.stop();
    expect(await eventually(connections, ({ length }) => length === 0)).toHaveLength(0);
  });

  it("serves codes without a cache while Redis is away", async () => {
    const own = await startRedis();
    await using service = await start({ redisUrl: own.url });
    await own.stop();
    expect(await statusOf(service.code("resident-000001"))).toBe(200);
  });
});

it.each([{ databaseUrl: "postgres://secret:word@127.0.0.1:1/none" }, { redisUrl: "redis://:word@127.0.0.1:1" }])(
  "says that a store cannot be reached, and not its password: %j",
  async (config) => {
    const failure = await startService({ port: 0, adminPort: 0, signBits: 1_024, ...config }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ServiceError);
    expect(failure).toMatchObject({ code: "start-failed", message: expect.stringContaining("ECONNREFUSED") as string });
    expect((failure as Error).message).not.toContain("word");
  },
);
