/** Finds the run's rows, so that each of a sweep's many batches need not look for its own: that would step over all rows removed before. */
import { isOurs, literal, quoted } from "./sql.ts";
import type { CreatedRows, Looked, SweptTable } from "./tables.ts";

/** Most addresses of rows held at a time, found by an index: some 5 MB. A guess. */
const foundRows = 50_000;
/** Blocks of 8 KB read at a time where there is no index: 16 MB, at most some half a million rows. A guess. */
const walkedBlocks = 2_048;
/** Created ids looked up at a time. */
const walkedIds = 10_000;

/** Addresses of rows (`ctid`). By the time that one is used another row may stand there, so whoever uses it must ask what it is. */
export type Found = readonly string[];

/**
 * One walk over a table, several addresses at a time. It is over when nothing of the run is left but what it gave, what came
 * later, and, by an index, what was beyond the first fifty thousand: only a walk that gives nothing says that nothing is there.
 */
export async function* walk(looked: Looked, table: SweptTable): AsyncGenerator<Found> {
  if (table.tag?.indexed === true) yield* byTag(looked, table, table.tag.column);
  if (table.tag?.indexed === false) yield* byBlocks(looked, table);
  if (table.created !== null) yield* byIds(looked, table, table.created);
}

async function* byTag(looked: Looked, table: SweptTable, column: string): AsyncGenerator<Found> {
  yield await find(looked, table, `_row.${quoted(column)} = ${literal(looked.runId)} LIMIT ${foundRows}`);
}

/** In the order in which they lie on disk, which PostgreSQL can begin and end anywhere since version 14 (TID range scan). */
async function* byBlocks(looked: Looked, table: SweptTable): AsyncGenerator<Found> {
  const blocks = await largestBlocks(looked, table);
  for (let from = 0; from < blocks; from += walkedBlocks) {
    const range = `_row.ctid >= '(${from},0)' AND _row.ctid < '(${from + walkedBlocks},0)'`;
    yield await find(looked, table, `${range} AND ${isOurs(table, looked.runId)}`);
  }
}

async function* byIds(looked: Looked, table: SweptTable, { ids, column }: CreatedRows): AsyncGenerator<Found> {
  const [highest] = await looked.connection.rows<{ n: string }>(`SELECT coalesce(max(n), 0)::text AS n FROM ${ids}`);
  const last = Number(highest?.n);
  for (let from = 0; from < last; from += walkedIds) {
    const chunk = `SELECT id FROM ${ids} WHERE n > ${from} AND n <= ${from + walkedIds}`;
    yield await find(looked, table, `_row.${quoted(column)} IN (${chunk}) AND ${isOurs(table, looked.runId)}`);
  }
}

async function find({ connection }: Looked, table: SweptTable, condition: string): Promise<Found> {
  const rows = await connection.rows<{ at: string }>(`SELECT ctid::text AS at FROM ${table.name} AS _row WHERE ${condition}`);
  return rows.map(({ at }) => at);
}

/** Blocks of the table, or of the largest of those that it is made of. */
async function largestBlocks({ connection }: Looked, { oid }: SweptTable): Promise<number> {
  const [found] = await connection.rows<{ blocks: string }>(`
    WITH RECURSIVE tree AS (SELECT ${oid}::oid AS oid UNION SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = tree.oid)
    SELECT (max(pg_relation_size(oid)) / current_setting('block_size')::int)::text AS blocks FROM tree`);
  return Number(found?.blocks);
}
