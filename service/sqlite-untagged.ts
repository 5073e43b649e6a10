/** What SQLite's untagged rows are: in two figures, or one by one. */
import { hash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { openForReading } from "./sqlite-schema.ts";
import { tables, type UntaggedRow, type UntaggedRows } from "./store.ts";

/** How long the scan may hold the event loop before others have their turn. */
const sliceMs = 4;
/** Rows between two looks at the clock. */
const rowsPerLook = 64;

type Table = (typeof tables)[number];
type Row = Readonly<Record<string, unknown>>;
interface Slice {
  readonly table: Table;
  readonly rows: readonly Row[];
}

/** The column that names a row, and the one that says when it was written. */
const columns: Readonly<Record<Table, { readonly key: string; readonly atMs: string }>> = {
  idempotency_keys: { key: "key", atMs: "changed_ms" },
  reports: { key: "id", atMs: "reported_ms" },
  checkins: { key: "id", atMs: "changed_ms" },
  citizens: { key: "id", atMs: "registered_ms" },
};

/** Count and checksum, in constant memory. */
export async function untaggedOf(databasePath: string): Promise<UntaggedRows> {
  let count = 0;
  let sum = 0n;
  for await (const { table, rows } of slices(databasePath)) {
    count += rows.length;
    for (const row of rows) sum += digest(table, row).readBigUInt64BE();
    sum = BigInt.asUintN(64, sum);
  }
  return { count, checksum: sum.toString(16).padStart(16, "0") };
}

/** Row by row. */
export async function* untaggedRowsOf(databasePath: string): AsyncGenerator<UntaggedRow> {
  for await (const { table, rows } of slices(databasePath)) {
    const { key, atMs } = columns[table];
    for (const row of rows) {
      const at = new Date(Number(row[atMs])).toISOString();
      yield { place: table, key: String(row[key]), digest: digest(table, row).toString("hex", 0, 8), at };
    }
  }
}

/**
 * Every untagged row of all tables from one snapshot, on a connection of its own, in slices: the writer goes on meanwhile (WAL), and
 * what it commits after the start is not seen.
 */
async function* slices(databasePath: string): AsyncGenerator<Slice> {
  const database = openForReading(databasePath);
  try {
    database.exec("BEGIN");
    for (const table of tables) {
      let rows: Row[] = [];
      let sliceEndMs = performance.now() + sliceMs;
      for (const row of database.prepare(`SELECT * FROM ${table} WHERE synthetic_run IS NULL`).iterate()) {
        rows.push(row);
        if (rows.length % rowsPerLook !== 0) continue;
        yield { table, rows };
        rows = [];
        if (performance.now() < sliceEndMs) continue;
        await nextTurn();
        sliceEndMs = performance.now() + sliceMs;
      }
      yield { table, rows };
    }
  } finally {
    database.close();
  }
}

function digest(table: string, row: object): Buffer {
  return hash("sha256", `${table}${JSON.stringify(row)}`, "buffer");
}
