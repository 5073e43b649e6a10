/** The writer's prepared statements. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { tables } from "./store.ts";

/** Named after what they do; parameters are in the order of the table's columns. */
export interface Statements {
  readonly addCitizen: StatementSync;
  readonly addReport: StatementSync;
  readonly addKey: StatementSync;
  readonly addCheckin: StatementSync;
  readonly keyUse: StatementSync;
  readonly runOfReport: StatementSync;
  readonly removeReport: StatementSync;
  readonly removeKeyOf: StatementSync;
  /** One per table, in the order in which a sweep goes. */
  readonly rowsOfRun: readonly StatementSync[];
  readonly removeRun: readonly StatementSync[];
}

/** Prepares all of them, once per connection. */
export function prepareStatements(database: DatabaseSync): Statements {
  return {
    addCitizen: database.prepare("INSERT INTO citizens VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"),
    addReport: database.prepare("INSERT INTO reports VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
    addKey: database.prepare("INSERT INTO idempotency_keys VALUES (?, ?, ?, ?, ?)"),
    addCheckin: database.prepare("INSERT INTO checkins VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"),
    keyUse: database.prepare(`
      SELECT fingerprint, report_id AS id FROM idempotency_keys WHERE key = ?1 AND ifnull(synthetic_run, '') = ifnull(?2, '')`),
    runOfReport: database.prepare("SELECT synthetic_run AS run FROM reports WHERE id = ?"),
    removeReport: database.prepare("DELETE FROM reports WHERE id = ?"),
    removeKeyOf: database.prepare("DELETE FROM idempotency_keys WHERE report_id = ?"),
    rowsOfRun: tables.map((table) => database.prepare(`SELECT count(*) AS count FROM ${table} WHERE synthetic_run = ?`)),
    removeRun: tables.map((table) =>
      database.prepare(`DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE synthetic_run = ? LIMIT ?)`),
    ),
  };
}
