/** The few pieces of SQL that a sweep is made of. In all of them a row of the table in question is called `_row`. */
import type { SweptTable } from "./tables.ts";

/** An identifier exactly as it is written. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text, under `standard_conforming_strings`. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Whether a row is the run's: it carries its tag, or no tag and a created id. */
export function isOurs(table: SweptTable, runId: string, row = "_row"): string {
  const tagged = table.tag === null ? "FALSE" : `${row}.${quoted(table.tag.column)} = ${literal(runId)}`;
  if (table.created === null) return `(${tagged})`;
  return `(${tagged} OR (${isCreated(table.created, row)} AND ${isUntagged(table, row)}))`;
}

/** Whether a row is nobody's test: what other runs have tagged is neither ours nor real. */
export function isReal(table: SweptTable, runId: string): string {
  return `(${isUntagged(table, "_row")} AND ${isOurs(table, runId)} IS NOT TRUE)`;
}

/** 64 bits of a row's text: `hashtextextended` (lookup3), seeded by the place, so that a row cannot move to another table unseen. */
export function digestOf({ place }: SweptTable): string {
  return `hashtextextended(_row::text COLLATE "C", hashtextextended(${literal(place)}, 0))`;
}

/** Two sides of a foreign key. */
export function joined(child: string, columns: readonly string[], parent: string, keys: readonly string[]): string {
  return columns.map((column, at) => `${child}.${quoted(column)} = ${parent}.${quoted(keys[at] ?? "")}`).join(" AND ");
}

function isCreated(created: NonNullable<SweptTable["created"]>, row: string): string {
  return `EXISTS (SELECT FROM ${created.ids} WHERE id = ${row}.${quoted(created.column)})`;
}

/** Null and nothing are no tag. */
function isUntagged({ tag }: SweptTable, row: string): string {
  return tag === null ? "TRUE" : `coalesce(${row}.${quoted(tag.column)}::text, '') = ''`;
}
