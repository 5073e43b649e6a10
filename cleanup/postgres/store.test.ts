import postgres, { type Sql } from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { PostgresCleanup } from "../../src/model/cleanup-rules.ts";
import { rejectedFault } from "../../test/fault-of.ts";
import { postgresPrograms, startPostgres } from "../../test/postgres-server.ts";
import type { TemporaryServer } from "../../test/temporary-server.ts";
import { postgresStore, sweepAll, sweptRun, type FixtureOptions } from "./store.fixture.ts";
import type { PostgresStore } from "./store.ts";
import { sentenceOf } from "../store.ts";

if (postgresPrograms === null)
  console.log("SKIPPED: the PostgreSQL store, since no PostgreSQL is installed (apt-get install postgresql)");

/** A machine that is busy with other tests needs longer to start and to end a server. */
const hookMs = 60_000;

describe.skipIf(postgresPrograms === null)("a PostgreSQL store", () => {
  let server: TemporaryServer;
  let sql: Sql;
  const stores: PostgresStore[] = [];

  beforeAll(async () => {
    server = await startPostgres();
    sql = postgres(server.url, { max: 4, onnotice: () => undefined });
  }, hookMs);
  afterAll(async () => {
    await sql?.end({ timeout: 1 });
    await server?.stop();
  }, hookMs);

  beforeEach(async () => {
    await sql.unsafe(
      "DROP SCHEMA IF EXISTS app CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO public",
    );
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });

  function open(settings: Omit<PostgresCleanup, "url">, options: FixtureOptions = {}): PostgresStore {
    const store = postgresStore({ url: server.url, ...settings }, options);
    stores.push(store);
    return store;
  }

  /** People with visits, three of each: the run's, another run's, real ones. */
  async function peopleAndVisits(action = ""): Promise<void> {
    await sql.unsafe(`
      CREATE TABLE people (id int PRIMARY KEY, name text, synthetic_run text, changed_at timestamptz DEFAULT '2026-01-02T03:04:05Z');
      CREATE INDEX ON people (synthetic_run);
      CREATE TABLE visits (id int PRIMARY KEY, person int REFERENCES people ${action}, synthetic_run text);
      CREATE INDEX ON visits (synthetic_run) WHERE synthetic_run IS NOT NULL;
      CREATE INDEX ON visits (person);
      INSERT INTO people SELECT n, 'p' || n, (ARRAY['${sweptRun}', 'other-run', NULL])[1 + n % 3] FROM generate_series(0, 8) n;
      INSERT INTO visits SELECT n, n, (ARRAY['${sweptRun}', 'other-run', NULL])[1 + n % 3] FROM generate_series(0, 8) n;`);
  }
  const inOrder = { tables: ["visits", { name: "people", changedAt: "changed_at" }] } as const;

  async function listed(store: PostgresStore) {
    const rows = [];
    for await (const row of store.untaggedRows()) rows.push(row);
    return rows;
  }

  async function connectionsOfOurs(): Promise<number> {
    return (await sql`SELECT FROM pg_stat_activity WHERE application_name = 'peakproof'`).length;
  }

  test("counts the run's rows by table, and real rows apart from those of other runs", async () => {
    await peopleAndVisits();
    const store = open(inOrder);
    const state = await store.look();
    expect(state).toEqual({
      rows: { visits: 3, people: 3 },
      untagged: { count: 6, checksum: expect.stringMatching(/^[0-9a-f]{16}$/) },
      tombstoned: null,
    });
    expect(store.warnings).toEqual([]);
  });

  test("the checksum is that of all real rows, whatever their order, and of nothing else", async () => {
    await peopleAndVisits();
    const store = open(inOrder);
    const { untagged } = await store.look();
    const digests = (await listed(store)).map(({ digest }) => BigInt(`0x${digest}`));
    expect(untagged?.checksum).toBe(
      BigInt.asUintN(
        64,
        digests.reduce((sum, digest) => sum + digest, 0n),
      )
        .toString(16)
        .padStart(16, "0"),
    );
    await sql`UPDATE people SET name = name WHERE id = 2`;
    await sql`UPDATE people SET name = 'x' WHERE synthetic_run IS NOT NULL`;
    expect((await store.look()).untagged).toEqual(untagged);
    await sql`UPDATE people SET name = 'x' WHERE id = 2`;
    expect((await store.look()).untagged).not.toEqual(untagged);
  });

  test("the checksum does not depend on what an address or a database sets", async () => {
    await sql.unsafe("CREATE TABLE a (at timestamptz, of float8, synthetic_run text); INSERT INTO a VALUES (now(), pi())");
    const { untagged } = await open({ tables: ["a"] }).look();
    await sql.unsafe("ALTER DATABASE postgres SET DateStyle = 'German'; ALTER DATABASE postgres SET extra_float_digits = -10");
    const other = postgresStore({ url: `${server.url}?TimeZone=Asia/Tokyo&application_name=other`, tables: ["a"] });
    stores.push(other);
    expect((await other.look()).untagged).toEqual(untagged);
    expect(await sql`SELECT FROM pg_stat_activity WHERE application_name = 'other'`).toEqual([]);
    await sql`UPDATE a SET of = of + 1e-15`;
    expect((await other.look()).untagged).not.toEqual(untagged);
  });

  test("a row that moves to another table does not go unseen", async () => {
    await sql.unsafe("CREATE TABLE a (id int, synthetic_run text); CREATE TABLE b (LIKE a); INSERT INTO a VALUES (1)");
    const store = open({ tables: ["a", "b"] });
    const { untagged } = await store.look();
    await sql.unsafe("INSERT INTO b SELECT * FROM a; DELETE FROM a");
    expect((await store.look()).untagged).toEqual({ count: 1, checksum: expect.not.stringMatching(untagged?.checksum ?? "") });
  });

  test("lists real rows by place and key, with when they were changed", async () => {
    await peopleAndVisits();
    await sql.unsafe(`
      CREATE TABLE seats (row text, seat int, synthetic_run text, at timestamp, PRIMARY KEY (row, seat));
      INSERT INTO seats VALUES ('a b', 7, NULL, '2026-01-02 03:04:05.678'), ('c', 8, '', 'infinity');
      CREATE TABLE logs (line text, synthetic_run text);
      INSERT INTO logs VALUES ('x');`);
    const rows = await listed(open({ tables: [...inOrder.tables, { name: "seats", changedAt: "at" }, "public.logs"] }));
    const digest = expect.stringMatching(/^[0-9a-f]{1,16}$/);
    expect(rows).toHaveLength(9);
    expect(rows).toContainEqual({ place: "visits", key: "2", digest, at: null });
    expect(rows).toContainEqual({ place: "people", key: "5", digest, at: "2026-01-02T03:04:05.000000Z" });
    expect(rows).toContainEqual({ place: "seats", key: '("a b",7)', digest, at: "2026-01-02T03:04:05.678000Z" });
    expect(rows).toContainEqual({ place: "seats", key: "(c,8)", digest, at: null });
    expect(rows).toContainEqual({ place: "public.logs", key: digest, digest, at: null });
  });

  test("removes the run's rows in bounded batches and nobody else's, again and again", async () => {
    await peopleAndVisits();
    const store = open(inOrder);
    const { untagged } = await store.look();
    await store.guard();
    expect(await store.remove(2)).toEqual({ deleted: 2, remaining: null });
    expect(await sweepAll(store, 2)).toBe(4);
    expect(await store.remove(2)).toEqual({ deleted: 0, remaining: 0 });
    expect(await store.look()).toEqual({ rows: { visits: 0, people: 0 }, untagged, tombstoned: null });
    expect(await sql`SELECT 1 FROM people WHERE synthetic_run = 'other-run'`).toHaveLength(3);
  });

  test("closes the run to late arrivals first, once", async () => {
    await peopleAndVisits();
    await sql.unsafe("CREATE SCHEMA app; CREATE TABLE app.swept (run text, at timestamptz DEFAULT now())");
    const store = open({ ...inOrder, tombstones: "app.swept" });
    expect((await store.look()).tombstoned).toBe(false);
    await sweepAll(store);
    await sweepAll(open({ ...inOrder, tombstones: "app.swept" }));
    expect((await store.look()).tombstoned).toBe(true);
    expect(await sql`SELECT run FROM app.swept`).toEqual([{ run: sweptRun }]);
  });

  test("rows that carry no tag are found by created ids, but not those that carry another run's", async () => {
    await sql.unsafe(`
      CREATE TABLE notes (id uuid PRIMARY KEY, text text);
      INSERT INTO notes SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'n' FROM generate_series(1, 5) n;
      CREATE TABLE codes (code varchar(3), synthetic_run text);
      INSERT INTO codes VALUES ('abc', NULL), ('abd', 'other-run'), ('abe', NULL), ('abf', '${sweptRun}'), ('abg', '');`);
    const idOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
    const tables = [
      { name: "notes", ids: { operation: "note", column: "id" } },
      { name: "codes", ids: { operation: "code", column: "code" } },
    ];
    const created = { note: [idOf(1), idOf(2), idOf(2), idOf(99)], code: ["abcdef", "abd", "abe", "abg"] };
    const store = open({ tables }, { created });
    const { rows, untagged } = await store.look();
    expect(rows).toEqual({ notes: 2, codes: 3 });
    expect(untagged?.count).toBe(4);
    expect(await listed(store)).toHaveLength(4);
    expect(store.warnings).toEqual([
      expect.stringContaining("codes has no index"),
      expect.stringContaining("codes has no index"),
    ]);
    await store.guard();
    expect(await sweepAll(store, 1)).toBe(5);
    expect(await store.look()).toEqual({ rows: { notes: 0, codes: 0 }, untagged, tombstoned: null });
    expect(await sql`SELECT code FROM codes ORDER BY code`).toEqual([{ code: "abc" }, { code: "abd" }]);
  });

  describe("where an upsert may have given the id of a row that was there before the run", () => {
    const settings = { tables: [{ name: "notes", ids: { operation: "note", column: "id" } }] };
    const created = { note: ["2", "3"] };
    const listOf = (...keys: string[]) => {
      async function* rows() {
        for (const key of keys) yield { place: "notes", key, digest: "0", at: null };
      }
      return { untaggedThen: async (store: string) => (store === "postgres" ? rows() : null) };
    };
    beforeEach(async () => {
      await sql.unsafe("CREATE TABLE notes (id int PRIMARY KEY, text text); INSERT INTO notes SELECT generate_series(1, 3)");
    });

    test("the guard refuses to remove it", async () => {
      const store = open(settings, { created, context: listOf("1", "2") });
      await store.look();
      const fault = await rejectedFault(store.guard());
      expect(fault).toMatchObject({ kind: "usage", transient: false });
      expect(fault.message).toBe('PostgreSQL: 1 created id of "note" (first 2) would remove what notes held before the run');
    });

    test("the guard lets rows of the run go, and says where it could not tell them apart", async () => {
      const sure = open(settings, { created, context: listOf("1") });
      await sure.look();
      await sure.guard();
      expect(sure.warnings).toEqual([]);
      const unsure = open(settings, { created });
      await unsure.guard();
      expect(unsure.warnings).toEqual([expect.stringContaining("no whole list of untagged rows was kept")]);
      const without = open(settings);
      await without.guard();
      expect(without.warnings).toEqual([]);
    });

    test("another column than the primary key tells nothing", async () => {
      const byText = { tables: [{ name: "notes", ids: { operation: "note", column: "text" } }] };
      const store = open(byText, { created: { note: ["a"] }, context: listOf("1") });
      await store.guard();
      expect(store.warnings).toContainEqual(expect.stringContaining("its primary key is id, not text"));
    });
  });

  test("created ids of another type are said to be that", async () => {
    await sql.unsafe("CREATE TABLE notes (id int PRIMARY KEY)");
    const settings = { tables: [{ name: "notes", ids: { operation: "note", column: "id" } }] };
    const fault = await rejectedFault(open(settings, { created: { note: ["one"] } }).look());
    expect(sentenceOf(fault)).toMatch(/one.*ids\.column/);
  });

  test("a journal that has grown is read again", async () => {
    await sql.unsafe("CREATE TABLE notes (id int PRIMARY KEY); INSERT INTO notes VALUES (1)");
    const note: string[] = [];
    const store = open({ tables: [{ name: "notes", ids: { operation: "note", column: "id" } }] }, { created: { note } });
    expect((await store.look()).rows).toEqual({ notes: 0 });
    note.push("1");
    expect((await store.look()).rows).toEqual({ notes: 1 });
  });

  test("without an index it says so and finds all rows all the same", async () => {
    await sql.unsafe(`
      CREATE TABLE wide (id int, filler text, synthetic_run text);
      ALTER TABLE wide ALTER filler SET STORAGE PLAIN;
      INSERT INTO wide SELECT n, repeat('x', 7000), CASE WHEN n % 50 = 0 THEN '${sweptRun}' END FROM generate_series(1, 5000) n;`);
    const store = open({ tables: ["wide"] });
    const { rows, untagged } = await store.look();
    expect(rows).toEqual({ wide: 100 });
    expect(store.warnings).toEqual([expect.stringContaining("wide has no index on synthetic_run")]);
    expect(await sweepAll(store, 7)).toBe(100);
    expect((await store.look()).untagged).toEqual(untagged);
  });

  test.each(["", "CREATE INDEX ON events (synthetic_run);"])("partitions are swept like one table (%j)", async (index) => {
    await sql.unsafe(`
      CREATE TABLE events (id int, day int, synthetic_run text) PARTITION BY LIST (day);
      CREATE TABLE events_1 PARTITION OF events FOR VALUES IN (1);
      CREATE TABLE events_2 PARTITION OF events FOR VALUES IN (2);
      ${index}
      INSERT INTO events SELECT n, 1 + n % 2, CASE WHEN n % 4 < 2 THEN '${sweptRun}' END FROM generate_series(1, 4000) n;`);
    const store = open({ tables: ["events"] });
    const { untagged } = await store.look();
    await store.guard();
    expect(await sweepAll(store, 300)).toBe(2_000);
    expect(await store.look()).toEqual({ rows: { events: 0 }, untagged, tombstoned: null });
  });

  test("rows that refer to one another in their own table go leaves first", async () => {
    await sql.unsafe(`
      CREATE TABLE threads (id int PRIMARY KEY, parent int REFERENCES threads ON DELETE CASCADE, synthetic_run text);
      CREATE INDEX ON threads (parent);
      CREATE INDEX ON threads (synthetic_run);
      INSERT INTO threads SELECT n, nullif(n / 2, 0), '${sweptRun}' FROM generate_series(1, 100) n;
      INSERT INTO threads VALUES (200, 200, '${sweptRun}');`);
    const store = open({ tables: ["threads"] });
    await store.guard();
    expect(await sweepAll(store, 9)).toBe(101);
  });

  describe("guards others' rows:", () => {
    test("the order must respect foreign keys, and the right one is said", async () => {
      await peopleAndVisits();
      const fault = await rejectedFault(open({ tables: ["people", "visits"] }).guard());
      expect(fault).toMatchObject({ kind: "usage", transient: false });
      expect(fault.message).toContain('visits_person_fkey: write ["visits", "people"]');
    });

    test("tables that refer to one another in a circle have no right order", async () => {
      await sql.unsafe(`
        CREATE TABLE a (id int PRIMARY KEY, b int, synthetic_run text);
        CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a, synthetic_run text);
        ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;`);
      expect((await rejectedFault(open({ tables: ["a", "b"] }).guard())).message).toContain("in a circle");
    });

    test.each([
      ["ON DELETE CASCADE", "would delete them"],
      ["ON DELETE SET NULL", "would change them"],
      ["ON DELETE SET DEFAULT", "would change them"],
      ["ON DELETE RESTRICT", "would be refused"],
      ["", "would be refused"],
    ])("a real row that refers to one of the run's by %j", async (action, consequence) => {
      await peopleAndVisits(action);
      await sql`INSERT INTO visits VALUES (100, 0, NULL), (101, 3, 'other-run')`;
      const fault = await rejectedFault(open(inOrder).guard());
      expect(fault.message).toContain("2 rows of public.visits not known as the run's refer to its rows in people");
      expect(fault.message).toContain("visits_person_fkey");
      expect(fault.message).toContain(consequence);
    });

    test("a table that is not in the plan and refers to rows of the run", async () => {
      await peopleAndVisits("ON DELETE CASCADE");
      const fault = await rejectedFault(open({ tables: ["people"] }).guard());
      expect(fault.message).toContain("3 rows of public.visits");
      expect(fault.message).toContain("list the table before people");
    });

    test("a foreign key that came after the first look, and is slow", async () => {
      await peopleAndVisits();
      const store = open(inOrder);
      await store.look();
      await sql.unsafe("CREATE TABLE guests (of int REFERENCES people); INSERT INTO guests VALUES (3)");
      expect((await rejectedFault(store.guard())).message).toContain("1 row of public.guests");
      expect(store.warnings).toEqual(["public.guests has no index on of: it is read for each row removed from people"]);
    });

    test("a key of several columns", async () => {
      await sql.unsafe(`
        CREATE TABLE seats (row int, seat int, synthetic_run text, PRIMARY KEY (row, seat));
        CREATE TABLE bookings (seat int, row int, synthetic_run text, FOREIGN KEY (row, seat) REFERENCES seats (row, seat) ON DELETE CASCADE);
        INSERT INTO seats VALUES (1, 2, '${sweptRun}'), (2, 1, NULL);
        INSERT INTO bookings VALUES (1, 2, NULL);`);
      const store = open({ tables: ["bookings", "seats"] });
      await store.guard();
      await sql`INSERT INTO bookings VALUES (2, 1, NULL)`;
      expect((await rejectedFault(store.guard())).message).toContain("1 row of public.bookings");
    });

    test("a key that refers to a partition", async () => {
      await sql.unsafe(`
        CREATE TABLE events (id int, day int, synthetic_run text) PARTITION BY LIST (day);
        CREATE TABLE events_1 PARTITION OF events (PRIMARY KEY (id)) FOR VALUES IN (1);
        CREATE TABLE tickets (event int REFERENCES events_1 ON DELETE CASCADE);
        INSERT INTO events VALUES (1, 1, '${sweptRun}');
        INSERT INTO tickets VALUES (1);`);
      expect((await rejectedFault(open({ tables: ["events"] }).guard())).message).toContain("1 row of public.tickets");
    });

    test("what a trigger or a rule does, nobody can tell", async () => {
      await peopleAndVisits();
      await sql.unsafe(`
        CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$;
        CREATE TRIGGER audited AFTER DELETE ON people FOR EACH ROW EXECUTE FUNCTION act();
        CREATE TRIGGER harmless AFTER INSERT ON people FOR EACH ROW EXECUTE FUNCTION act();
        CREATE RULE kept AS ON DELETE TO visits DO INSTEAD NOTHING;`);
      const { message } = await rejectedFault(open(inOrder).guard());
      expect(message).toContain("a DELETE in people sets off audited,");
      expect(message).toContain("a DELETE in visits sets off kept,");
      await sql.unsafe("ALTER TABLE people DISABLE TRIGGER audited; ALTER TABLE visits DISABLE RULE kept");
      await open(inOrder).guard();
    });

    test("a reference that appears after the guard is never acted on", async () => {
      await peopleAndVisits("ON DELETE CASCADE");
      const store = open(inOrder);
      await store.guard();
      await sql`INSERT INTO visits VALUES (100, 0, NULL)`;
      const fault = await rejectedFault(sweepAll(store));
      expect(fault.message).toContain("1 row of public.visits");
      expect(await sql`SELECT person FROM visits WHERE id = 100`).toEqual([{ person: 0 }]);
      await sql`DELETE FROM visits WHERE id = 100`;
      expect(await sweepAll(store)).toBe(1);
    });

    test("rows of the run that land in a table that is done are come back to", async () => {
      await peopleAndVisits();
      const store = open(inOrder);
      expect(await store.remove(3)).toMatchObject({ deleted: 3 });
      expect(await store.remove(1)).toMatchObject({ deleted: 1 });
      await sql.unsafe(`INSERT INTO visits SELECT 100 + id, id, '${sweptRun}' FROM people WHERE synthetic_run = '${sweptRun}'`);
      expect(await sweepAll(store, 1_000, 2)).toBe(4);
    });
  });

  describe("among others:", () => {
    test("a row that another session holds is left, asked for again, and removed once it is free", async () => {
      await peopleAndVisits();
      const store = open(inOrder);
      const holder = await sql.reserve();
      await holder`BEGIN`;
      await holder`SELECT 1 FROM visits WHERE id = 3 FOR UPDATE`;
      const fault = await rejectedFault(sweepAll(store));
      expect(fault).toMatchObject({
        transient: true,
        message: expect.stringContaining("1 row of the run in visits cannot be removed now"),
      });
      expect((await store.look()).rows).toEqual({ visits: 1, people: 3 });
      await holder`ROLLBACK`;
      holder.release();
      expect(await sweepAll(store)).toBe(4);
    });

    test("a row that is held in another partition, at the same address, is not waited for", async () => {
      await sql.unsafe(`
        CREATE TABLE events (id int, day int, synthetic_run text, PRIMARY KEY (id, day)) PARTITION BY LIST (day);
        CREATE TABLE events_1 PARTITION OF events FOR VALUES IN (1);
        CREATE TABLE events_2 PARTITION OF events FOR VALUES IN (2);
        CREATE TABLE tickets (event int, day int, FOREIGN KEY (event, day) REFERENCES events ON DELETE CASCADE);
        INSERT INTO events VALUES (1, 1, '${sweptRun}'), (2, 2, '${sweptRun}');`);
      const store = open({ tables: ["events"] });
      const holder = await sql.reserve();
      await holder.unsafe("BEGIN; INSERT INTO tickets VALUES (2, 2)");
      expect((await rejectedFault(sweepAll(store))).message).toContain("1 row of the run in events cannot be removed now");
      expect(await sql`SELECT id FROM events`).toEqual([{ id: 2 }]);
      await holder`COMMIT`;
      holder.release();
      expect((await rejectedFault(sweepAll(store))).message).toContain("1 row of public.tickets");
    });

    test("a locked table is not waited for long", async () => {
      await peopleAndVisits();
      const store = open(inOrder);
      await store.look();
      const holder = await sql.reserve();
      await holder.unsafe("BEGIN; LOCK TABLE visits IN ACCESS EXCLUSIVE MODE");
      const startedMs = performance.now();
      expect(await rejectedFault(store.remove(10))).toMatchObject({ transient: true, detail: { received: "55P03" } });
      expect(performance.now() - startedMs).toBeLessThan(5_000);
      await holder`ROLLBACK`;
      holder.release();
      expect(await sweepAll(store)).toBe(6);
    });

    test("a connection that is cut midway is opened again", async () => {
      await peopleAndVisits();
      const store = open({ tables: [...inOrder.tables] });
      await store.remove(2);
      await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'peakproof'`;
      expect(await sweepAll(store, 2, 1)).toBe(4);
      expect((await store.look()).rows).toEqual({ visits: 0, people: 0 });
    });

    test("created ids are there again on a new connection", async () => {
      await sql.unsafe("CREATE TABLE notes (id int PRIMARY KEY); INSERT INTO notes SELECT generate_series(1, 30000)");
      const note = Array.from({ length: 25_000 }, (_, at) => String(at + 1));
      const store = open({ tables: [{ name: "notes", ids: { operation: "note", column: "id" } }] }, { created: { note } });
      expect((await store.remove(4_000)).deleted).toBe(4_000);
      await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'peakproof'`;
      await expect.poll(connectionsOfOurs).toBe(0);
      expect(await sweepAll(store, 4_000, 1)).toBe(21_000);
    });

    test("a call ends with its signal, and with its time", async () => {
      await peopleAndVisits();
      const holder = await sql.reserve();
      await holder.unsafe("BEGIN; LOCK TABLE people IN ACCESS EXCLUSIVE MODE");
      const late = await rejectedFault(open(inOrder, { context: { timeoutUs: 50_000 } }).look());
      expect(late).toMatchObject({ transient: true, detail: { received: "57014", expected: "an answer within 50 ms" } });
      const stopping = new AbortController();
      const looking = rejectedFault(open(inOrder, { context: { signal: stopping.signal } }).look());
      const waiting = () => sql`SELECT FROM pg_stat_activity WHERE application_name = 'peakproof' AND wait_event_type = 'Lock'`;
      await expect.poll(async () => (await waiting()).length, { interval: 10 }).toBe(1);
      stopping.abort();
      expect((await looking).detail.received).toBe("CONNECTION_DESTROYED");
      await holder`ROLLBACK`;
      holder.release();
    });

    test("a list that is not read to the end lets go of its connection", async () => {
      await peopleAndVisits();
      for await (const row of open(inOrder).untaggedRows()) {
        expect(row.place).toBe("visits");
        break;
      }
      await expect.poll(connectionsOfOurs).toBe(0);
    });
  });

  describe("says what to do:", () => {
    test.each([
      [{ tables: ["nothing"] }, "there is no table nothing"],
      [{ tables: ["people"], tagColumn: "run" }, "people has no column run; it has id, name, synthetic_run, changed_at"],
      [{ tables: ["people", "public.people"] }, "are the same table"],
      [{ tables: ["all_people"] }, "all_people is no table"],
      [{ tables: [{ name: "people", changedAt: "name" }] }, "people.name is of type text"],
      [{ tables: ["people"], tombstones: "swept" }, "there is no table swept"],
    ])("%j", async (settings, message) => {
      await peopleAndVisits();
      await sql`CREATE VIEW all_people AS SELECT * FROM people`;
      const fault = await rejectedFault(open(settings).look());
      expect(fault).toMatchObject({ kind: "usage", transient: false, message: expect.stringContaining(message) });
    });

    test("a role that may not", async () => {
      await peopleAndVisits();
      await sql`CREATE ROLE reader LOGIN`;
      await sql`GRANT SELECT ON visits, people TO reader`;
      const settings = { ...inOrder, url: server.url.replace("test@", "reader@") };
      const store = postgresStore(settings);
      stores.push(store);
      expect((await store.look()).rows).toEqual({ visits: 3, people: 3 });
      expect(sentenceOf(await rejectedFault(store.remove(1)))).toMatch(/permission denied.*grant SELECT, UPDATE and DELETE/);
      await sql`GRANT ALL ON visits, people TO reader`;
      await sql`ALTER TABLE visits ENABLE ROW LEVEL SECURITY`;
      expect(sentenceOf(await rejectedFault(store.look()))).toMatch(/row-level security.*BYPASSRLS/);
    });

    test("a variable that is not set, and an address that is none, without repeating it", async () => {
      const settings = { ...inOrder, url: "env:DATABASE_URL" };
      expect((await rejectedFault(postgresStore(settings).look())).message).toContain("DATABASE_URL");
      for (const secret of [
        "hunter2hunter2",
        "postgres://me:hunter2%hunter2@db/x",
        "postgres://me:hunter2hunter2@db:99999999/x",
      ]) {
        const fault = await rejectedFault(postgresStore(settings, { context: { secret } }).look());
        expect(fault).toMatchObject({ kind: "usage" });
        expect(JSON.stringify([sentenceOf(fault), fault.stack, fault.cause])).not.toContain("hunter2");
      }
    });

    test("a password never stands in what is said of it", async () => {
      const settings = { ...inOrder, url: "env:DATABASE_URL" };
      const wrong = [
        server.url.replace("test@", "test:hunter2hunter2@").replace(/:\d+\//, ":1/"),
        server.url.replace("test@", "nobody-hunter2hunter2:hunter2hunter2@"),
        `${server.url.replace("test@", "test:hunter2hunter2@")}-hunter2hunter2`,
      ];
      for (const secret of wrong) {
        const fault = await rejectedFault(postgresStore(settings, { context: { secret } }).look());
        expect(`${sentenceOf(fault)} ${fault.stack} ${String(fault.cause)}`).not.toContain("hunter2");
      }
    });
  });

  test("100,000 rows beside as many real ones are gone within seconds, while people go on writing", async () => {
    await sql.unsafe(`
      CREATE TABLE people (id bigserial PRIMARY KEY, name text, synthetic_run text);
      INSERT INTO people (name, synthetic_run) SELECT 'p', CASE WHEN n % 2 = 0 THEN '${sweptRun}' END FROM generate_series(1, 200000) n;
      CREATE INDEX ON people (synthetic_run);`);
    const store = open({ tables: ["people"] });
    await store.guard();
    const done = new AbortController();
    const writes = (async () => {
      let written = 0;
      for (; !done.signal.aborted; written++) {
        await sql`INSERT INTO people (name) VALUES ('real')`;
        await sql`UPDATE people SET name = name || 'x' WHERE id = ${1 + 2 * written}`;
      }
      return written;
    })();
    const startedMs = performance.now();
    expect(await sweepAll(store, 1_000)).toBe(100_000);
    expect(performance.now() - startedMs).toBeLessThan(15_000);
    done.abort();
    const written = await writes;
    expect(await sql`SELECT count(*)::int AS n, sum(length(name))::int AS length FROM people`).toEqual([
      { n: 100_000 + written, length: 100_000 + written + 4 * written },
    ]);
  });
});
