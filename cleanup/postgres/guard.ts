/** Whether removing the run's rows leaves the rows of others alone, found out before the first of them is removed. */
import { countOf } from "../../src/model/units.ts";
import type { Reference } from "./references.ts";
import { isOurs, joined } from "./sql.ts";
import type { Looked, SweptTable } from "./tables.ts";
import { StoreFault } from "../store.ts";

/** Throws a usage StoreFault with all that speaks against it. */
export async function guardTables(looked: Looked): Promise<void> {
  const { connection, tables, references } = looked;
  const strangers = await connection.reading(() => strangersOf(looked));
  const problems = [...orderProblems(tables, references), ...tables.flatMap(triggerProblems), ...strangers];
  if (problems.length === 0) return;
  throw new StoreFault("usage", `PostgreSQL: the sweep would not stay within the run's rows: ${problems.join("; ")}`);
}

/** Rows that are not the run's and refer to rows of it: whatever became of them, it would be our doing. */
async function strangersOf({ connection, tables, references, runId }: Looked): Promise<string[]> {
  const problems: string[] = [];
  for (const reference of references) {
    const parent = tables.find(({ oid }) => oid === reference.parent);
    if (parent === undefined) continue;
    const child = tables.find(({ oid }) => oid === reference.child);
    const strange = child === undefined ? "TRUE" : `${isOurs(child, runId, "_other")} IS NOT TRUE`;
    const key = joined("_other", reference.columns, "_row", reference.keys);
    const [found] = await connection.rows<{ count: string }>(
      `SELECT count(*)::text AS count FROM ${reference.childName} AS _other JOIN ${parent.name} AS _row ON ${key}
        WHERE ${isOurs(parent, runId)} AND ${strange}`,
    );
    const count = Number(found?.count);
    if (count > 0) problems.push(strangerProblem(count, parent, reference, child !== undefined));
  }
  return problems;
}

function strangerProblem(count: number, parent: SweptTable, { name, childName, action }: Reference, isSwept: boolean): string {
  const who = `${countOf(count, "row")} of ${childName} not known as the run's ${count === 1 ? "refers" : "refer"} to its rows in ${parent.place}`;
  const then = isSwept
    ? "remove them, or let them refer to others, first"
    : `where they are the run's, list the table before ${parent.place} in cleanup.postgres.tables`;
  return `${who} (foreign key ${name}), and the sweep ${consequences[action]}: ${then}`;
}

const consequences: Readonly<Record<Reference["action"], string>> = {
  a: "would be refused",
  r: "would be refused",
  c: "would delete them (ON DELETE CASCADE)",
  n: "would change them (ON DELETE SET NULL)",
  d: "would change them (ON DELETE SET DEFAULT)",
};

function triggerProblems({ place, triggers }: SweptTable): string[] {
  if (triggers.length === 0) return [];
  return [
    `a DELETE in ${place} sets off ${triggers.join(", ")}, and nobody can tell what that does: disable it while sweeping, or sweep ` +
      "by cleanup.custom or cleanup.http",
  ];
}

/** A table whose rows refer to another's must be swept before it. */
function orderProblems(tables: readonly SweptTable[], references: readonly Reference[]): string[] {
  const placeOf = new Map(tables.map(({ oid }, at) => [oid, at]));
  const between = references.filter(({ child, parent }) => child !== parent && placeOf.has(child) && placeOf.has(parent));
  const wrong = between.filter(({ child, parent }) => (placeOf.get(child) ?? 0) > (placeOf.get(parent) ?? 0));
  if (wrong.length === 0) return [];
  const keys = wrong.map(({ name }) => name).join(", ");
  const right = sorted(tables, between);
  if (right === null) return [`foreign keys go round in a circle (${keys}), so no order is right: sweep by cleanup.custom`];
  const list = right.map(({ place }) => JSON.stringify(place)).join(", ");
  return [`the order of cleanup.postgres.tables is against the foreign keys ${keys}: write [${list}]`];
}

/** What refers to others first, otherwise as given; null where there is a circle (Kahn 1962). */
function sorted(tables: readonly SweptTable[], references: readonly Reference[]): readonly SweptTable[] | null {
  const left = [...tables];
  const order: SweptTable[] = [];
  while (left.length > 0) {
    const isReferredTo = ({ oid }: SweptTable): boolean =>
      references.some(({ child, parent }) => parent === oid && left.some((table) => table.oid === child));
    const free = left.findIndex((table) => !isReferredTo(table));
    if (free < 0) return null;
    order.push(...left.splice(free, 1));
  }
  return order;
}
