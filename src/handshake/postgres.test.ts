import postgres, { type Sql } from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { rejectedFault } from "../../test/fault-of.ts";
import { postgresPrograms, startPostgres } from "../../test/postgres-server.ts";
import type { TemporaryServer } from "../../test/temporary-server.ts";
import type { Look } from "./observer.ts";
import { PostgresObserver } from "./postgres.ts";

if (postgresPrograms === null)
  console.log("SKIPPED: hops in PostgreSQL, since no PostgreSQL is installed (apt-get install postgresql)");

const hookMs = 60_000;
const { signal } = new AbortController();

describe.skipIf(postgresPrograms === null)("a hop in PostgreSQL", () => {
  let server: TemporaryServer;
  let sql: Sql;
  const observers: PostgresObserver[] = [];

  beforeAll(async () => {
    server = await startPostgres();
    sql = postgres(server.url, { max: 1, onnotice: () => undefined });
    await sql.unsafe("CREATE TABLE reports (id text PRIMARY KEY, synthetic_run text)");
  }, hookMs);
  afterAll(async () => {
    await sql?.end({ timeout: 1 });
    await server?.stop();
  }, hookMs);
  afterEach(async () => {
    await Promise.all(observers.splice(0).map((observer) => observer.close()));
    await sql.unsafe("TRUNCATE reports");
  });

  function look(query: string, url = server.url): Look {
    const observer = new PostgresObserver({ hop: "store", url, query, network: {} });
    observers.push(observer);
    return observer.watch({ runId: "run-c1", operation: "report" });
  }

  it("is passed once its query counts a row of the run, which is its $1", async () => {
    const counted = look("SELECT count(*) FROM reports WHERE synthetic_run = $1");
    expect(await counted(signal)).toBe(false);
    await sql`INSERT INTO reports VALUES ('a', 'run-c2'), ('b', NULL)`;
    expect(await counted(signal)).toBe(false);
    await sql`INSERT INTO reports VALUES ('c', 'run-c1')`;
    expect(await counted(signal)).toBe(true);
  });

  it("may answer with true, and have the run id written in", async () => {
    await sql`INSERT INTO reports VALUES ('c', 'run-c1')`;
    expect(await look("SELECT EXISTS (SELECT FROM reports WHERE synthetic_run = $1)")(signal)).toBe(true);
    expect(await look("SELECT count(*) FROM reports WHERE synthetic_run = '{run}'")(signal)).toBe(true);
    expect(await look("SELECT EXISTS (SELECT FROM reports WHERE id = $1)")(signal)).toBe(false);
    expect(await look("SELECT 1 FROM reports WHERE id = $1")(signal)).toBe(false);
  });

  it("changes nothing, whatever its query says", async () => {
    await sql`INSERT INTO reports VALUES ('c', 'run-c1')`;
    const fault = await rejectedFault(look("DELETE FROM reports WHERE synthetic_run = $1 RETURNING 1")(signal));
    expect(fault).toMatchObject({ kind: "usage", message: expect.stringContaining("read-only transaction") });
    expect(await sql`SELECT id FROM reports`).toHaveLength(1);
  });

  it("that cannot be asked says so, without its password", async () => {
    expect(await rejectedFault(look("SELECT count(*) FROM nowhere")(signal))).toMatchObject({
      kind: "usage",
      message: 'hop "store" cannot be asked: PostgreSQL: relation "nowhere" does not exist',
    });
    const fault = await rejectedFault(look("SELECT 1", "postgres://me:hunter2hunter2@127.0.0.1:1/test")(signal));
    expect(fault).toMatchObject({ kind: "unreachable", message: expect.stringContaining("ECONNREFUSED") });
    expect(JSON.stringify([fault.message, fault.detail])).not.toContain("hunter2");
  });
});
