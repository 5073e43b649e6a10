/** Removes the run's rows, table by table, in batches. */
import { countOf } from "../../src/model/units.ts";
import { guardTables } from "./guard.ts";
import type { Reference } from "./references.ts";
import { isOurs, joined, literal, quoted } from "./sql.ts";
import type { Looked, SweptTable } from "./tables.ts";
import { walk, type Found } from "./walk.ts";
import { StoreFault, type Removal } from "../store.ts";

/**
 * Where a sweep has got to. A table is done when a walk over it finds nothing, so rows that were locked are come back to, and no table
 * is begun before those that refer to it are empty.
 */
export class PostgresRemoval {
  readonly #looked: Looked;
  #at = 0;
  #walk: AsyncGenerator<Found> | null = null;
  #pending: Found = [];
  #found = 0;
  #deleted = 0;

  private constructor(looked: Looked) {
    this.#looked = looked;
  }

  /** Closes the run to late arrivals, before anything is removed. Throws a StoreFault. */
  static async begin(looked: Looked): Promise<PostgresRemoval> {
    await addTombstone(looked);
    return new PostgresRemoval(looked);
  }

  /** Removes at most so many rows. None: there are none. Throws a transient StoreFault where there are some that others hold. */
  async remove(limit: number): Promise<Removal> {
    for (;;) {
      const table = this.#looked.tables[this.#at];
      if (table === undefined) return this.#finish();
      const batch = await this.#next(table, limit);
      if (batch === null) {
        await this.#endWalk(table);
        continue;
      }
      const deleted = await removeRows(this.#looked, table, batch);
      this.#deleted += deleted;
      if (deleted > 0) return { deleted, remaining: null };
    }
  }

  #finish(): Removal {
    this.#at = 0;
    return { deleted: 0, remaining: 0 };
  }

  /** Null at the end of a walk. */
  async #next(table: SweptTable, limit: number): Promise<Found | null> {
    this.#walk ??= walk(this.#looked, table);
    while (this.#pending.length === 0) {
      const step = await this.#walk.next();
      if (step.done === true) return null;
      this.#pending = step.value;
      this.#found += step.value.length;
    }
    const batch = this.#pending.slice(0, limit);
    this.#pending = this.#pending.slice(limit);
    return batch;
  }

  async #endWalk(table: SweptTable): Promise<void> {
    const [found, deleted] = [this.#found, this.#deleted];
    this.#walk = null;
    this.#found = 0;
    this.#deleted = 0;
    if (found === 0) this.#at += 1;
    else if (deleted === 0) await this.#explainStandstill(table, found);
  }

  /** Begins anew with the first table, whose rows may have come in the meantime and keep those of this one. */
  async #explainStandstill({ place }: SweptTable, found: number): Promise<never> {
    this.#at = 0;
    await guardTables(this.#looked);
    throw new StoreFault("unreachable", `PostgreSQL: ${countOf(found, "row")} of the run in ${place} cannot be removed now`, {
      transient: true,
      detail: {
        expected: "no other session that holds locks on them, and no rows of the run that refer to one another in a circle",
        fix: "end the transactions that hold them (pg_stat_activity, pg_locks), and run peakproof cleanup again",
      },
    });
  }
}

async function addTombstone({ connection, tombstones, runId }: Looked): Promise<void> {
  if (tombstones === null) return;
  const { name, column } = tombstones;
  const run = literal(runId);
  await connection.change(
    `INSERT INTO ${name} (${quoted(column)}) SELECT ${run} WHERE NOT EXISTS (SELECT FROM ${name} WHERE ${quoted(column)} = ${run}) ` +
      "ON CONFLICT DO NOTHING",
  );
}

/**
 * Removes those of the rows at these addresses that still are the run's, that nobody holds, and that no row refers to: so no foreign key
 * ever acts on one. Once a row is locked nobody can begin to refer to it (that takes a share of its key), and what was
 * committed until then is seen by a second statement only. The same address is in each partition, so they go one by one.
 */
async function removeRows({ connection, references, runId }: Looked, table: SweptTable, at: Found): Promise<number> {
  const ours = isOurs(table, runId);
  const held = `FROM ${table.name} AS _row WHERE ctid = ANY ($1::text::tid[]) AND ${ours} FOR UPDATE OF _row SKIP LOCKED`;
  const remove = `DELETE FROM ${table.name} AS _row WHERE ${ours} AND ctid = ANY`;
  const referring = references.filter(({ parent }) => parent === table.oid);
  if (referring.length === 0) return connection.change(`${remove} (ARRAY(SELECT ctid ${held}))`, [arrayOf(at)]);
  const free = referring.map((reference) => `AND NOT EXISTS (${referringRows(reference)})`).join(" ");
  return connection.writing(async () => {
    const locked = await connection.rows<Address>(`SELECT ctid::text AS at, tableoid::bigint::text AS of ${held}`, [arrayOf(at)]);
    let removed = 0;
    for (const [partition, rows] of Map.groupBy(locked, ({ of }) => of)) {
      const addresses = arrayOf(rows.map((row) => row.at));
      removed += await connection.change(`${remove} ($1::text::tid[]) AND tableoid = ${partition} ${free}`, [addresses]);
    }
    return removed;
  });
}

interface Address {
  readonly at: string;
  readonly of: string;
}

/** A row may refer to itself. */
function referringRows({ child, parent, childName, columns, keys }: Reference): string {
  const other = child === parent ? "AND (_other.tableoid, _other.ctid) <> (_row.tableoid, _row.ctid)" : "";
  return `SELECT FROM ${childName} AS _other WHERE ${joined("_other", columns, "_row", keys)} ${other}`;
}

/** As PostgreSQL writes an array. */
function arrayOf(at: Found): string {
  return `{${at.map((one) => `"${one}"`).join(",")}}`;
}
