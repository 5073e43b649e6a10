/** SQLite's tables. Every row says which run it belongs to (`synthetic_run`), and null says that it is genuine. */
import { DatabaseSync } from "node:sqlite";

/** How long a statement may wait for another process's lock; with one writer only a checkpoint can hold one. */
const lockWaitMs = 2_000;

/**
 * `request_id` is the accepted request that a row comes from: its own id, unless the request was applied more than once. Only such rows
 * are in its index, which so costs ordinary writes nothing.
 */
const schema = `
  CREATE TABLE IF NOT EXISTS citizens (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, id_number TEXT NOT NULL, phone TEXT NOT NULL,
    registered_ms INTEGER NOT NULL, synthetic_run TEXT);
  CREATE TABLE IF NOT EXISTS reports (
    id TEXT PRIMARY KEY, citizen_id TEXT NOT NULL, symptoms TEXT NOT NULL, temperature REAL, declaration TEXT NOT NULL,
    color TEXT NOT NULL, reported_ms INTEGER NOT NULL, request_id TEXT NOT NULL, synthetic_run TEXT);
  CREATE TABLE IF NOT EXISTS checkins (
    id TEXT PRIMARY KEY, citizen_id TEXT NOT NULL, venue_id TEXT NOT NULL, at_ms INTEGER NOT NULL,
    request_id TEXT NOT NULL, changed_ms INTEGER NOT NULL, synthetic_run TEXT);
  CREATE TABLE IF NOT EXISTS idempotency_keys (
    key TEXT NOT NULL, fingerprint TEXT NOT NULL, report_id TEXT NOT NULL, changed_ms INTEGER NOT NULL, synthetic_run TEXT);
  CREATE TABLE IF NOT EXISTS tombstones (run TEXT PRIMARY KEY, at_ms INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS citizens_run ON citizens (synthetic_run);
  CREATE INDEX IF NOT EXISTS reports_run ON reports (synthetic_run);
  CREATE INDEX IF NOT EXISTS checkins_run ON checkins (synthetic_run);
  CREATE INDEX IF NOT EXISTS keys_run ON idempotency_keys (synthetic_run);
  CREATE INDEX IF NOT EXISTS reports_citizen ON reports (citizen_id);
  CREATE INDEX IF NOT EXISTS reports_request ON reports (request_id) WHERE request_id <> id;
  CREATE INDEX IF NOT EXISTS checkins_request ON checkins (request_id) WHERE request_id <> id;
  CREATE UNIQUE INDEX IF NOT EXISTS keys_use ON idempotency_keys (key, ifnull(synthetic_run, ''));
  CREATE INDEX IF NOT EXISTS keys_report ON idempotency_keys (report_id);
`;

/** The writer's connection: WAL, so that readers never wait for it; NORMAL, so that a commit needs no fsync. */
export function openForWriting(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: lockWaitMs });
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  database.exec(schema);
  return database;
}

/** A reader's connection; it can change nothing. */
export function openForReading(path: string): DatabaseSync {
  return new DatabaseSync(path, { readOnly: true, timeout: lockWaitMs });
}
