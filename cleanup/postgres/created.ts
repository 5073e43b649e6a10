/** Created ids, in a temporary table of the connection: so they can be joined, however many there are, in constant memory here. */
import type { PostgresConnection } from "./connection.ts";
import type { CreatedRows, SweptTable } from "./tables.ts";
import type { JournalAccess } from "../store.ts";

/** Ids sent in one statement: some 400 KB. A guess. */
const chunkIds = 10_000;

/** Fills the temporary tables anew from the journal. Throws a StoreFault; one for ids that are none of the column's. */
export async function loadCreated(
  connection: PostgresConnection,
  tables: readonly SweptTable[],
  journal: JournalAccess,
): Promise<void> {
  for (const { created } of tables) {
    if (created === null) continue;
    await connection.rows(
      `DROP TABLE IF EXISTS ${created.ids}; ` +
        `CREATE TABLE ${created.ids} (n bigint GENERATED ALWAYS AS IDENTITY UNIQUE, id ${created.type} PRIMARY KEY)`,
    );
    for await (const ids of chunksOf(journal.created(created.operation), chunkIds)) await insert(connection, created, ids);
    // Nobody else gathers figures about a temporary table, and without them the planner would guess.
    await connection.rows(`ANALYZE ${created.ids}`);
  }
}

async function insert(connection: PostgresConnection, { ids, type }: CreatedRows, chunk: readonly string[]): Promise<void> {
  const statement =
    `INSERT INTO ${ids} (id) SELECT id::${type} FROM json_array_elements_text($1::text::json) AS given(id) ` +
    "ON CONFLICT DO NOTHING";
  await connection.change(statement, [JSON.stringify(chunk)]);
}

async function* chunksOf(all: AsyncIterable<string>, size: number): AsyncGenerator<readonly string[]> {
  let chunk: string[] = [];
  for await (const one of all) {
    chunk.push(one);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
