import { expect, test } from "vitest";
import { faultOf } from "../../test/fault-of.ts";
import type { PostgresCleanup } from "../../src/model/cleanup-rules.ts";
import { planPostgres } from "./plan.ts";

const settings: PostgresCleanup = { url: "env:DATABASE_URL", tables: ["visits", { name: "app.reports", tagColumn: "run" }] };
const plan = (changes: Partial<PostgresCleanup>, runId = "r-1") => planPostgres({ ...settings, ...changes }, "postgres", runId);

test("a plan says what it removes and where the address comes from", () => {
  expect(plan({})).toEqual({
    name: "postgres",
    kind: "postgres",
    how: "DELETE FROM visits (synthetic_run = r-1), app.reports (run = r-1) in the database of DATABASE_URL",
    secretFrom: "DATABASE_URL",
    batch: 1_000,
    rowsPerSec: 20_000,
  });
});

test("an address without a password may be written out, and is shown without its user", () => {
  const { how, secretFrom } = plan({
    url: "postgres://me@localhost:5433/app",
    tables: [{ name: "notes", ids: { operation: "note", column: "id" } }],
  });
  expect(how).toBe("DELETE FROM notes (id created by note) in postgres://localhost:5433/app");
  expect(secretFrom).toBeNull();
});

test("everything that is wrong is said at once", () => {
  const { kind, message } = faultOf(() =>
    plan({
      url: "mysql://localhost/x",
      tables: ["a", "a", { name: "b.c.d", ids: { operation: "", column: "x y" }, changedAt: "" }],
      tagColumn: "run;",
      tombstones: "dead'",
      batch: 0,
      rowsPerSec: 0.5,
    }),
  );
  expect(kind).toBe("usage");
  for (const field of [
    "url",
    "tables",
    "tables[2].name",
    "tables[2].ids.column",
    "tables[2].ids.operation",
    "tables[2].changedAt",
  ])
    expect(message).toContain(`\n  ${field}:`);
  for (const field of ["tagColumn", "tombstones", "batch", "rowsPerSec"]) expect(message).toContain(`\n  ${field}:`);
});

test.each(["postgres://me:hunter2hunter2@db/app", "postgres://db/app?password=hunter2hunter2", "hunter2hunter2"])(
  "a password written out is refused and not repeated: %#",
  (url) => {
    expect(faultOf(() => plan({ url })).message).not.toContain("hunter2");
  },
);

test.each([
  'reports"; DROP TABLE reports; --',
  "reports--",
  "a b",
  "",
  "1st",
  "x".repeat(64),
  "a.b.c",
  "réports\0",
  "pg_catalog.a'b",
])("a table is not called %j", (name) => {
  expect(faultOf(() => plan({ tables: [name] })).message).toContain("tables[0].name");
});

test.each(["r'; DROP TABLE reports; --", "", "R-1", "r_1", "r".repeat(49)])("a run is not called %j", (runId) => {
  expect(faultOf(() => plan({}, runId)).message).toContain("run id");
});
