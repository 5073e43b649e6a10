/** The tables of a plan as the database has them. */
import type { PostgresCleanup } from "../../src/model/cleanup-rules.ts";
import type { PostgresConnection } from "./connection.ts";
import { plannedTables, type PlannedTable } from "./plan.ts";
import { readReferences, type Reference } from "./references.ts";
import { quoted } from "./sql.ts";
import { StoreFault } from "../store.ts";

export interface SweptTable {
  readonly place: string;
  readonly oid: string;
  /** Quoted, for a statement. */
  readonly name: string;
  /** Null: its rows carry none. */
  readonly tag: { readonly column: string; readonly indexed: boolean } | null;
  /** By created ids: `ids` is the temporary table that holds them. Null: by tag alone. */
  readonly created: CreatedRows | null;
  readonly primaryKey: readonly string[];
  readonly changedAt: string | null;
  /** What else a DELETE would set off: names of triggers and rules. */
  readonly triggers: readonly string[];
}

export interface CreatedRows {
  readonly operation: string;
  readonly column: string;
  readonly type: string;
  readonly indexed: boolean;
  readonly ids: string;
}

/** The table of swept runs. */
export interface Tombstones {
  readonly name: string;
  readonly column: string;
}

/** A run's tables, on a connection. */
export interface Looked {
  readonly connection: PostgresConnection;
  readonly tables: readonly SweptTable[];
  readonly references: readonly Reference[];
  readonly tombstones: Tombstones | null;
  readonly runId: string;
}

interface Described {
  readonly oid: string;
  readonly kind: string;
  readonly columns: Readonly<Record<string, string>>;
  readonly first: string;
  readonly key: readonly string[];
  readonly indexed: readonly string[];
  readonly triggers: readonly string[];
}

/** Throws a StoreFault for what is not there, or is no table. */
export async function readCatalog(connection: PostgresConnection, settings: PostgresCleanup, runId: string): Promise<Looked> {
  const tables = await readTables(connection, settings);
  const references = await readReferences(connection, tables);
  return { connection, tables, references, tombstones: await readTombstones(connection, settings), runId };
}

async function readTables(connection: PostgresConnection, settings: PostgresCleanup): Promise<SweptTable[]> {
  const tables: SweptTable[] = [];
  for (const [at, planned] of plannedTables(settings).entries()) {
    const name = qualified(planned);
    const table = sweptTable(planned, name, at, await describe(connection, name, planned.place));
    const same = tables.find(({ oid }) => oid === table.oid);
    if (same !== undefined) throw unusable(`${same.place} and ${table.place} are the same table`, "name it once");
    tables.push(table);
  }
  return tables;
}

async function readTombstones(connection: PostgresConnection, { tombstones }: PostgresCleanup): Promise<Tombstones | null> {
  if (tombstones === undefined) return null;
  const name = tombstones.split(".").map(quoted).join(".");
  return { name, column: (await describe(connection, name, tombstones)).first };
}

/** What makes a sweep of them slow, a sentence each. */
export function slowTables({ tables, references }: Looked): string[] {
  return tables.flatMap(({ place, oid, tag, created }) => [
    ...(tag === null || tag.indexed
      ? []
      : [`${place} has no index on ${tag.column}: it is read from end to end to find the run's rows`]),
    ...(created === null || created.indexed
      ? []
      : [`${place} has no index on ${created.column}: it is read from end to end for every ten thousand created ids`]),
    ...references
      .filter(({ parent, indexed }) => parent === oid && !indexed)
      .map(
        ({ childName, columns }) =>
          `${childName} has no index on ${columns.join(", ")}: it is read for each row removed from ${place}`,
      ),
  ]);
}

function sweptTable(planned: PlannedTable, name: string, at: number, described: Described): SweptTable {
  const { place, tagColumn, ids, changedAt } = planned;
  const { oid, columns, indexed, key: primaryKey, triggers } = described;
  const typeOf = (column: string): string => columns[column] ?? noColumn(place, column, columns);
  const isTagged = ids === null || tagColumn in columns;
  if (isTagged) typeOf(tagColumn);
  if (changedAt !== null && !/^(timestamp|date)/.test(typeOf(changedAt)))
    throw unusable(
      `${place}.${changedAt} is of type ${typeOf(changedAt)}`,
      "name a column of type timestamptz, timestamp or date",
    );
  return {
    place,
    oid,
    name,
    primaryKey,
    changedAt,
    triggers,
    tag: isTagged ? { column: tagColumn, indexed: indexed.includes(tagColumn) } : null,
    created:
      ids === null
        ? null
        : { ...ids, type: typeOf(ids.column), indexed: indexed.includes(ids.column), ids: `pg_temp.peakproof_created_${at}` },
  };
}

async function describe(connection: PostgresConnection, name: string, place: string): Promise<Described> {
  const [described] = await connection.rows<{ table: Described }>(describeStatement, [name]);
  if (described === undefined)
    throw unusable(`there is no table ${place}`, "check its name and its schema; upper and lower case differ");
  if (!/^[rp]$/.test(described.table.kind)) throw unusable(`${place} is no table`, "name the tables that it is made of");
  return described.table;
}

/**
 * Types without the length that a column may have: a cast to `varchar(3)` cuts off, and what is left could be another row's id. An index
 * helps where its first column is the one that is asked for, whole, or of all rows that have it.
 */
const describeStatement = `
  WITH RECURSIVE named AS (SELECT to_regclass($1)::oid AS oid),
  tree AS (SELECT oid FROM named UNION SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = tree.oid),
  columns AS (SELECT * FROM pg_attribute WHERE attrelid = (SELECT oid FROM named) AND attnum > 0 AND NOT attisdropped)
  SELECT json_build_object(
    'oid', c.oid::bigint::text,
    'kind', c.relkind,
    'columns', (SELECT json_object_agg(attname, format_type(atttypid, -1)) FROM columns),
    'first', (SELECT attname FROM columns ORDER BY attnum LIMIT 1),
    'key', (SELECT coalesce(json_agg(a.attname ORDER BY k.place), '[]')
      FROM pg_index i, unnest(i.indkey::smallint[]) WITH ORDINALITY k(attnum, place), columns a
      WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = k.attnum),
    'indexed', (SELECT coalesce(json_agg(a.attname), '[]')
      FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid JOIN pg_am m ON m.oid = ic.relam JOIN columns a ON a.attnum = i.indkey[0]
      WHERE i.indrelid = c.oid AND i.indisvalid AND m.amname IN ('btree', 'hash')
        AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) = format('(%I IS NOT NULL)', a.attname))),
    'triggers', (SELECT coalesce(json_agg(DISTINCT name), '[]') FROM (
      SELECT tgname AS name FROM pg_trigger
      WHERE tgrelid IN (SELECT oid FROM tree) AND NOT tgisinternal AND tgenabled <> 'D' AND tgtype & 8 <> 0
      UNION ALL
      SELECT rulename FROM pg_rewrite WHERE ev_class = c.oid AND ev_type = '4' AND ev_enabled <> 'D') acting)
  ) AS "table"
  FROM pg_class c WHERE c.oid = (SELECT oid FROM named)`;

function qualified({ schema, table }: PlannedTable): string {
  return [...(schema === null ? [] : [schema]), table].map(quoted).join(".");
}

function noColumn(place: string, column: string, columns: Readonly<Record<string, string>>): never {
  const known = Object.keys(columns).join(", ");
  throw unusable(
    `${place} has no column ${column}; it has ${known}`,
    "check tagColumn, ids.column and changedAt in cleanup.postgres",
  );
}

function unusable(message: string, fix: string): StoreFault {
  return new StoreFault("usage", `PostgreSQL: ${message}`, { detail: { fix } });
}
