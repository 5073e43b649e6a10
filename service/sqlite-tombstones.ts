/** Runs that were swept: their late writes are refused and their late queue items dropped, after a restart too. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Run } from "./messages.ts";

/** Runs remembered, newest first: years of testing several times a day, well under a megabyte. */
const mostTombstones = 10_000;

/** The swept runs: in memory for every write, in the store for the next start. */
export class Tombstones {
  readonly #runs: Set<string>;
  readonly #add: StatementSync;
  readonly #trim: StatementSync;

  constructor(database: DatabaseSync) {
    this.#add = database.prepare("INSERT INTO tombstones VALUES (?, ?) ON CONFLICT DO NOTHING");
    this.#trim = database.prepare(
      `DELETE FROM tombstones WHERE run NOT IN (SELECT run FROM tombstones ORDER BY at_ms DESC LIMIT ${mostTombstones})`,
    );
    const rows = database.prepare("SELECT run FROM tombstones ORDER BY at_ms").all();
    this.#runs = new Set(rows.map((row) => String(row["run"])));
  }

  has(run: Run): boolean {
    return run !== null && this.#runs.has(run);
  }

  add(run: string): void {
    if (this.#runs.has(run)) return;
    this.#add.run(run, Date.now());
    this.#runs.add(run);
    if (this.#runs.size <= mostTombstones) return;
    this.#trim.run();
    const [oldest] = this.#runs;
    if (oldest !== undefined) this.#runs.delete(oldest);
  }

  list(): string[] {
    return [...this.#runs];
  }
}
