/** What is in the tables: the run's rows counted, and those of others in figures or one by one. Changes nothing. */
import type { StoreState, UntaggedRow } from "../../src/model/cleanup.ts";
import type { PostgresConnection } from "./connection.ts";
import { digestOf, isOurs, isReal, literal, quoted } from "./sql.ts";
import type { Looked, SweptTable, Tombstones } from "./tables.ts";

/** Rows fetched at a time from a cursor. A guess. */
const pageRows = 2_000;

interface Counted {
  readonly ours: string;
  readonly real: string;
  readonly sum: string;
}

/**
 * All tables as of one instant. The checksum is the sum mod 2^64 of all real rows' digests, in hex, so their order does not matter; rows
 * that other runs have tagged are in neither figure.
 */
export function readState({ connection, tables, tombstones, runId }: Looked): Promise<StoreState> {
  return connection.reading(async () => {
    const rows: Record<string, number> = {};
    let count = 0;
    let sum = 0n;
    for (const table of tables) {
      const [counted] = await connection.rows<Counted>(countStatement(table, runId));
      rows[table.place] = Number(counted?.ours);
      count += Number(counted?.real);
      sum += BigInt(counted?.sum ?? 0);
    }
    const checksum = BigInt.asUintN(64, sum).toString(16).padStart(16, "0");
    return { rows, untagged: { count, checksum }, tombstoned: await isTombstoned(connection, tombstones, runId) };
  });
}

/**
 * All real rows as of one instant, on a connection that is used for nothing else and closed afterwards: a snapshot stays open
 * for as long as they are read.
 */
export async function* readUntagged({ connection, tables, runId }: Looked): AsyncGenerator<UntaggedRow> {
  await connection.beginReading();
  for (const table of tables) {
    await connection.rows(`DECLARE untagged NO SCROLL CURSOR FOR ${listStatement(table, runId)}`);
    for (;;) {
      const page = await connection.rows<Omit<UntaggedRow, "place">>(`FETCH ${pageRows} FROM untagged`);
      for (const { key, digest, at } of page) yield { place: table.place, key, digest, at };
      if (page.length < pageRows) break;
    }
    await connection.rows("CLOSE untagged");
  }
}

function countStatement(table: SweptTable, runId: string): string {
  return `SELECT count(*) FILTER (WHERE ${isOurs(table, runId)})::text AS ours, count(*) FILTER (WHERE real)::text AS real,
    coalesce(sum(${digestOf(table)}) FILTER (WHERE real), 0)::text AS sum
    FROM ${table.name} AS _row, LATERAL (SELECT ${isReal(table, runId)} AS real) AS judged`;
}

function listStatement(table: SweptTable, runId: string): string {
  return `SELECT ${keyOf(table)} AS key, to_hex(${digestOf(table)}) AS digest, ${changedAtOf(table)} AS at
    FROM ${table.name} AS _row WHERE ${isReal(table, runId)}`;
}

/** The primary key, as one text: a single column as it is, several as a row. Without one a row is known by all that it holds. */
function keyOf(table: SweptTable): string {
  const columns = table.primaryKey.map((column) => `_row.${quoted(column)}`);
  if (columns.length === 0) return `to_hex(${digestOf(table)})`;
  return columns.length === 1 ? `${columns[0]}::text` : `ROW(${columns.join(", ")})::text`;
}

/** The connection's time zone is UTC, which is taken for that of a column without one, too. */
function changedAtOf({ changedAt }: SweptTable): string {
  if (changedAt === null) return "NULL";
  const at = `_row.${quoted(changedAt)}::timestamptz`;
  return `CASE WHEN isfinite(${at}) THEN to_char(${at}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') END`;
}

async function isTombstoned(
  connection: PostgresConnection,
  tombstones: Tombstones | null,
  runId: string,
): Promise<boolean | null> {
  if (tombstones === null) return null;
  const { name, column } = tombstones;
  const [found] = await connection.rows<{ there: boolean }>(
    `SELECT EXISTS (SELECT FROM ${name} AS _row WHERE _row.${quoted(column)} = ${literal(runId)}) AS there`,
  );
  return found?.there ?? false;
}
