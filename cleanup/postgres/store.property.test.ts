import fc from "fast-check";
import postgres, { type Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresPrograms, startPostgres } from "../../test/postgres-server.ts";
import type { TemporaryServer } from "../../test/temporary-server.ts";
import { postgresStore, sweepAll, sweptRun } from "./store.fixture.ts";
import { StoreFault, totalRows } from "../store.ts";

if (postgresPrograms === null) console.log("SKIPPED: properties of the PostgreSQL store, since no PostgreSQL is installed");

const tag = fc.constantFrom(sweptRun, "other-run", "", null);
const row = fc.record({ tag, refersTo: fc.nat(11), isCreated: fc.boolean() });
const world = fc.record({
  people: fc.array(tag, { maxLength: 12 }),
  visits: fc.array(row, { maxLength: 12 }),
  notes: fc.array(row, { maxLength: 12 }),
  action: fc.constantFrom("", "ON DELETE CASCADE", "ON DELETE SET NULL", "ON DELETE RESTRICT"),
  isIndexed: fc.boolean(),
  batch: fc.integer({ min: 1, max: 5 }),
});
type World = typeof world extends fc.Arbitrary<infer One> ? One : never;

const faultName = (thrown: unknown): string => (thrown instanceof Error ? thrown.name : String(thrown));

/** A machine that is busy with other tests needs longer to start and to end a server. */
const hookMs = 60_000;

describe.skipIf(postgresPrograms === null)("a PostgreSQL store", () => {
  let server: TemporaryServer;
  let sql: Sql;

  beforeAll(async () => {
    server = await startPostgres();
    sql = postgres(server.url, { max: 6, onnotice: () => undefined });
  }, hookMs);
  afterAll(async () => {
    await sql?.end({ timeout: 1 });
    await server?.stop();
  }, hookMs);

  /** Visits carry the tag of their own; notes carry one or are known by their created id. Both refer to people, notes to visits, too. */
  async function build({ people, visits, notes, action, isIndexed }: World): Promise<void> {
    const index = isIndexed ? "CREATE INDEX ON people (synthetic_run); CREATE INDEX ON visits (synthetic_run);" : "";
    await sql.unsafe(`
      DROP TABLE IF EXISTS notes, visits, people;
      CREATE TABLE people (id int PRIMARY KEY, synthetic_run text, nothing int);
      CREATE TABLE visits (id int PRIMARY KEY, synthetic_run text, person int REFERENCES people ${action});
      CREATE TABLE notes (id int PRIMARY KEY, synthetic_run text, visit int REFERENCES visits ${action});
      ${index}`);
    const insert = (table: string, all: readonly (readonly unknown[])[]) =>
      sql`INSERT INTO ${sql(table)} SELECT (one->>0)::int, one->>1, (one->>2)::int FROM json_array_elements(${JSON.stringify(all)}::text::json) one`;
    const referred = (to: number, among: readonly unknown[]) => (to < among.length ? to : null);
    await insert(
      "people",
      people.map((of, id) => [id, of, null]),
    );
    await insert(
      "visits",
      visits.map(({ tag, refersTo }, id) => [id, tag, referred(refersTo, people)]),
    );
    await insert(
      "notes",
      notes.map(({ tag, refersTo }, id) => [id, tag, referred(refersTo, visits)]),
    );
  }

  function othersOf({ people, visits, notes }: World) {
    const isOurs = (given: World["notes"][number]) => given.tag === sweptRun || (given.isCreated && !given.tag);
    return {
      people: people.flatMap((given, id) => (given === sweptRun ? [] : [id])),
      visits: visits.flatMap((given, id) => (given.tag === sweptRun ? [] : [id])),
      notes: notes.flatMap((given, id) => (isOurs(given) ? [] : [id])),
    };
  }

  /** Whether a row of others refers to one of the run's. */
  function isEntangled({ people, visits, notes }: World, others: ReturnType<typeof othersOf>): boolean {
    const refers = (rows: World["visits"], ids: readonly number[], among: readonly unknown[], real: readonly number[]) =>
      ids.some((id) => (rows[id]?.refersTo ?? 0) < among.length && !real.includes(rows[id]?.refersTo ?? 0));
    return refers(visits, others.visits, people, others.people) || refers(notes, others.notes, visits, others.visits);
  }

  async function rowsOf(others: ReturnType<typeof othersOf>) {
    return {
      people: await sql`SELECT * FROM people WHERE id = ANY(${others.people}::int[]) ORDER BY id`,
      visits: await sql`SELECT * FROM visits WHERE id = ANY(${others.visits}::int[]) ORDER BY id`,
      notes: await sql`SELECT * FROM notes WHERE id = ANY(${others.notes}::int[]) ORDER BY id`,
    };
  }

  test("never changes a row of others, whatever refers to what, and guards exactly where it could not go on without that", async () => {
    const check = async (one: World): Promise<void> => {
      await build(one);
      const created = { note: one.notes.flatMap(({ isCreated }, id) => (isCreated ? [String(id)] : [])) };
      const tables = [{ name: "notes", ids: { operation: "note", column: "id" } }, "visits", "people"];
      const store = postgresStore({ url: server.url, tables }, { created });
      try {
        const others = othersOf(one);
        const rows = await rowsOf(others);
        const before = await store.look();
        const guarded = await store.guard().then(
          () => false,
          (thrown) => thrown instanceof StoreFault && !thrown.transient,
        );
        expect(guarded).toBe(isEntangled(one, others));
        // Even where nobody heeds the guard.
        expect(await sweepAll(store, one.batch).then(() => null, faultName)).toBe(guarded ? "StoreFault" : null);
        expect(await rowsOf(others)).toEqual(rows);
        const after = await store.look();
        expect(after.untagged).toEqual(before.untagged);
        expect(totalRows(after.rows) === 0).toBe(!guarded || totalRows(before.rows) === 0);
      } finally {
        await store.close();
      }
    };
    await fc.assert(fc.asyncProperty(world, check), { numRuns: 30 });
  }, 60_000);

  test.each(["ON DELETE CASCADE", "ON DELETE SET NULL", ""])("what real users refer to meanwhile stays (%j)", async (action) => {
    await sql.unsafe(`
      DROP TABLE IF EXISTS notes, visits, people;
      CREATE TABLE people (id int PRIMARY KEY, synthetic_run text);
      CREATE TABLE visits (id serial PRIMARY KEY, person int REFERENCES people ${action}, synthetic_run text);
      CREATE INDEX ON people (synthetic_run); CREATE INDEX ON visits (person); CREATE INDEX ON visits (synthetic_run);
      INSERT INTO people SELECT n, '${sweptRun}' FROM generate_series(1, 3000) n;`);
    const store = postgresStore({ url: server.url, tables: ["visits", "people"] });
    await store.guard();
    const users = [1, 2, 3, 4].map(async (user) => {
      const made: (readonly [number, number])[] = [];
      for (let person = user; person <= 3_000; person += 40) {
        const [visit] = await sql<{ id: number }[]>`INSERT INTO visits (person) VALUES (${person}) RETURNING id`.catch(() => []);
        if (visit !== undefined) made.push([visit.id, person]);
      }
      return made;
    });
    const thrown = await sweepAll(store, 20, 3).then(() => null, faultName);
    const made = (await Promise.all(users)).flat();
    await store.close();
    expect([null, "StoreFault"]).toContain(thrown);
    expect(made.length).toBeGreaterThan(0);
    const found = await sql`SELECT id, person FROM visits ORDER BY id`;
    expect(found.map(({ id, person }) => [id, person])).toEqual(made.toSorted(([a], [b]) => a - b));
  });
});
