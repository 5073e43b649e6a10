/** A PostgreSQL that others may use as well: what they add, sweep or tombstone there holds for the service, too. */
import type { JSONValue } from "postgres";
import type { CommandResult, QueuedCheckin, WriteCommand } from "./messages.ts";
import { addCheckinRows, applyBatch } from "./postgres-batch.ts";
import { messageOf, type Sql } from "./postgres-connection.ts";
import { untaggedOf, untaggedRowsOf } from "./postgres-untagged.ts";
import { residentAt, seededMs } from "./residents.ts";
import { tables, type Store, type UntaggedRow, type UntaggedRows } from "./store.ts";

/** Commands of one transaction: a few milliseconds of the database. */
const largestBatch = 1_000;
/** Residents per statement. */
const seedBatch = 10_000;
/** How long a count of all rows is good for the metrics: a page may be asked for every second, and a count reads all. */
const countedForMs = 10_000;
/** How long a stop waits for open queries, in seconds. */
const endSeconds = 5;

interface Waiting {
  readonly commands: readonly WriteCommand[];
  readonly resolve: (results: CommandResult[]) => void;
}

/** One batch at a time, so that two never wait for each other's keys; what comes meanwhile makes up the next one. */
export class PostgresStore implements Store {
  readonly #sql: Sql;
  #waiting: Waiting[] = [];
  #isApplying = false;
  #counted: { readonly atMs: number; readonly rows: Promise<{ tagged: number; untagged: number }> } | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  rows(): Promise<{ tagged: number; untagged: number }> {
    if (this.#counted === undefined || this.#counted.atMs < performance.now() - countedForMs)
      this.#counted = { atMs: performance.now(), rows: this.#countAll() };
    return this.#counted.rows;
  }

  async seed(count: number): Promise<void> {
    for (let from = 1; from <= count; from += seedBatch) {
      const size = Math.min(seedBatch, count - from + 1);
      const residents = Array.from({ length: size }, (_, at) => residentAt(from + at));
      await this.#sql`
        INSERT INTO citizens (id, name, id_number, phone, registered_ms)
        SELECT id, name, "idNumber", phone, ${seededMs}::bigint
        FROM jsonb_to_recordset(${this.#sql.json(residents as unknown as JSONValue)})
          AS given(id text, name text, "idNumber" text, phone text)
        ON CONFLICT DO NOTHING`;
    }
  }

  apply(commands: readonly WriteCommand[]): Promise<CommandResult[]> {
    return new Promise((resolve) => {
      this.#waiting.push({ commands, resolve });
      if (!this.#isApplying) void this.#applyWaiting();
    });
  }

  addCheckins(checkins: readonly QueuedCheckin[]): Promise<number> {
    return addCheckinRows(this.#sql, checkins);
  }

  async rowsOf(run: string): Promise<number> {
    const counts = tables.map(
      (table) => this.#sql<{ count: string }[]>`
      SELECT count(*) AS count FROM ${this.#sql(table)} WHERE synthetic_run = ${run}`,
    );
    return (await Promise.all(counts)).reduce((sum, [row]) => sum + Number(row?.count ?? 0), 0);
  }

  async removeRun(run: string, limit: number): Promise<number> {
    let removed = 0;
    for (const table of tables) {
      if (removed === limit) break;
      const { count } = await this.#sql`
        DELETE FROM ${this.#sql(table)} WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM ${this.#sql(table)} WHERE synthetic_run = ${run} LIMIT ${limit - removed}))`;
      removed += count;
    }
    return removed;
  }

  async isTombstoned(run: string): Promise<boolean> {
    return (await this.#sql`SELECT 1 FROM tombstones WHERE run = ${run}`).length > 0;
  }

  async addTombstone(run: string): Promise<void> {
    await this.#sql`INSERT INTO tombstones (run) VALUES (${run}) ON CONFLICT DO NOTHING`;
  }

  async tombstones(): Promise<string[]> {
    return (await this.#sql<{ run: string }[]>`SELECT run FROM tombstones`).map(({ run }) => run);
  }

  untagged(): Promise<UntaggedRows> {
    return untaggedOf(this.#sql);
  }

  untaggedRows(): AsyncIterable<UntaggedRow> {
    return untaggedRowsOf(this.#sql);
  }

  close(): Promise<void> {
    return this.#sql.end({ timeout: endSeconds });
  }

  async #applyWaiting(): Promise<void> {
    this.#isApplying = true;
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch();
      const results = await this.#applied(batch.flatMap(({ commands }) => commands));
      let from = 0;
      for (const { commands, resolve } of batch) resolve(results.slice(from, (from += commands.length)));
    }
    this.#isApplying = false;
  }

  /** Whole calls, at least one. */
  #takeBatch(): Waiting[] {
    let size = 0;
    const end = this.#waiting.findIndex(({ commands }) => (size += commands.length) > largestBatch);
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : Math.max(1, end));
  }

  async #applied(commands: readonly WriteCommand[]): Promise<CommandResult[]> {
    try {
      return await applyBatch(this.#sql, commands);
    } catch (error) {
      const message = messageOf(error);
      return commands.map(() => ({ outcome: "failed", message }));
    }
  }

  async #countAll(): Promise<{ tagged: number; untagged: number }> {
    const counts = tables.map(
      (table) => this.#sql<{ tagged: string; all: string }[]>`
      SELECT count(synthetic_run) AS tagged, count(*) AS all FROM ${this.#sql(table)}`,
    );
    let tagged = 0;
    let all = 0;
    for (const [row] of await Promise.all(counts)) {
      tagged += Number(row?.tagged ?? 0);
      all += Number(row?.all ?? 0);
    }
    return { tagged, untagged: all - tagged };
  }
}
