/** What PostgreSQL's untagged rows are, worked out where they are: one statement, so one instant. */
import type { Sql } from "./postgres-connection.ts";
import { tables, type UntaggedRow, type UntaggedRows } from "./store.ts";

/** Rows fetched at a time. */
const rowsPerFetch = 1_000;

const keyColumns: Readonly<Record<(typeof tables)[number], string>> = {
  idempotency_keys: "key",
  reports: "id",
  checkins: "id",
  citizens: "id",
};

/** `place`, `key`, `digest`, `changed_at` of all untagged rows. */
const untaggedQuery = tables
  .map(
    (table) => `
      SELECT '${table}' AS place, ${keyColumns[table]} AS key, changed_at,
        left(encode(sha256(convert_to('${table}' || ${table}::text, 'UTF8')), 'hex'), 16) AS digest
      FROM ${table} WHERE synthetic_run IS NULL`,
  )
  .join(" UNION ALL ");

/** Count and checksum. */
export async function untaggedOf(sql: Sql): Promise<UntaggedRows> {
  const [row] = await sql.unsafe<{ count: string; sum: string | null }[]>(`
    SELECT count(*) AS count, sum(('x' || digest)::bit(64)::bigint::numeric)::text AS sum FROM (${untaggedQuery}) AS untagged`);
  const sum = BigInt.asUintN(64, BigInt(row?.sum ?? "0"));
  return { count: Number(row?.count ?? 0), checksum: sum.toString(16).padStart(16, "0") };
}

/** Row by row. */
export async function* untaggedRowsOf(sql: Sql): AsyncGenerator<UntaggedRow> {
  const rows = sql.unsafe<{ place: string; key: string; digest: string; changed_at: Date }[]>(untaggedQuery);
  for await (const some of rows.cursor(rowsPerFetch)) {
    for (const { place, key, digest, changed_at: at } of some) yield { place, key, digest, at: at.toISOString() };
  }
}
