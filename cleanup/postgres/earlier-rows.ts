/** Rows of others that were there before the run and that a created id names all the same: an upsert gives such an id. */
import type { UntaggedRow } from "../../src/model/cleanup.ts";
import { countOf } from "../../src/model/units.ts";
import { StoreFault } from "../store.ts";
import { isOurs, quoted } from "./sql.ts";
import type { CreatedRows, Looked, SweptTable } from "./tables.ts";

/** Keys asked for in one statement. A guess. */
const chunkKeys = 10_000;

/** A table that is swept by created ids. */
interface TableByIds extends SweptTable {
  readonly created: CreatedRows;
}

/**
 * Throws a usage StoreFault where the sweep would remove a row of the list. `then`: rows of others as they were before the run; null where
 * none were kept. Gives a sentence for each table where that could not be checked.
 */
export async function guardEarlierRows(
  looked: Looked,
  then: () => Promise<AsyncIterable<UntaggedRow> | null>,
): Promise<string[]> {
  const tables = looked.tables.filter((table): table is TableByIds => table.created !== null);
  const risky: TableByIds[] = [];
  for (const table of tables) if (await hasIds(looked, table)) risky.push(table);
  const rows = risky.length === 0 ? null : await then();
  const checked = rows === null ? [] : risky.filter(isKnownByIds);
  if (rows !== null) await refuseEarlier(looked, checked, rows);
  return risky.filter((table) => !checked.includes(table)).map((table) => uncheckedSentence(table, rows !== null));
}

async function hasIds({ connection }: Looked, { created: { ids } }: TableByIds): Promise<boolean> {
  const [found] = await connection.rows<{ there: boolean }>(`SELECT EXISTS (SELECT FROM ${ids}) AS there`);
  return found?.there === true;
}

/** The list has primary keys: another column says nothing of them. */
function isKnownByIds({ primaryKey, created: { column } }: TableByIds): boolean {
  return primaryKey.length === 1 && primaryKey[0] === column;
}

async function refuseEarlier(looked: Looked, tables: readonly TableByIds[], rows: AsyncIterable<UntaggedRow>): Promise<void> {
  const keys = new Map<string, string[]>(tables.map(({ place }) => [place, []]));
  for await (const { place, key } of rows) {
    const chunk = keys.get(place);
    if (chunk === undefined || chunk.push(key) < chunkKeys) continue;
    await refuseChunk(looked, tables, place, chunk.splice(0));
  }
  for (const [place, chunk] of keys) if (chunk.length > 0) await refuseChunk(looked, tables, place, chunk);
}

async function refuseChunk(
  { connection, runId }: Looked,
  tables: readonly TableByIds[],
  place: string,
  keys: readonly string[],
): Promise<void> {
  const table = tables.find((one) => one.place === place);
  if (table === undefined) return;
  const { column, type } = table.created;
  const found = await connection.rows<{ key: string }>(
    `SELECT given.key FROM json_array_elements_text($1::text::json) AS given(key)
      JOIN ${table.name} AS _row ON _row.${quoted(column)} = given.key::${type} WHERE ${isOurs(table, runId)}`,
    [JSON.stringify(keys)],
  );
  const [first] = found;
  if (first === undefined) return;
  const which = `${countOf(found.length, "created id")} of "${table.created.operation}" (first ${first.key})`;
  throw new StoreFault("usage", `PostgreSQL: ${which} would remove what ${place} held before the run`, {
    detail: {
      expected: "created ids of rows that the run made: an upsert also gives those that were there",
      fix: `let ${place} carry the tag, or let created() of "${table.created.operation}" give no id where a row was there already`,
    },
  });
}

function uncheckedSentence({ place, primaryKey, created: { column } }: TableByIds, isListed: boolean): string {
  const why = isListed
    ? `its primary key is ${primaryKey.join(", ") || "missing"}, not ${column}`
    : "no whole list of untagged rows was kept before the run";
  return `whether a created id names a row of ${place} that was there before the run could not be checked: ${why}; a tag would tell`;
}
