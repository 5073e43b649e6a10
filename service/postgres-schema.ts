/** PostgreSQL's tables: those of SQLite, with when each row was last written, and a real reference from a key to its report. */
import type { Sql } from "./postgres-connection.ts";

/** Any number that nobody else is likely to lock: two services that start at once take turns with the tables. */
const schemaLock = 20_200_211;

/** Reports may be of anyone, as the service accepts them, so `citizen_id` is no reference. */
const schema = `
  CREATE TABLE IF NOT EXISTS citizens (
    id text PRIMARY KEY, name text NOT NULL, id_number text NOT NULL, phone text NOT NULL, registered_ms bigint NOT NULL,
    synthetic_run text, changed_at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE TABLE IF NOT EXISTS reports (
    id text PRIMARY KEY, citizen_id text NOT NULL, symptoms text NOT NULL, temperature double precision, declaration text NOT NULL,
    color text NOT NULL, reported_ms bigint NOT NULL, request_id text NOT NULL,
    synthetic_run text, changed_at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE TABLE IF NOT EXISTS checkins (
    id text PRIMARY KEY, citizen_id text NOT NULL, venue_id text NOT NULL, at_ms bigint NOT NULL, request_id text NOT NULL,
    synthetic_run text, changed_at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE TABLE IF NOT EXISTS idempotency_keys (
    key text NOT NULL, fingerprint text NOT NULL, report_id text NOT NULL REFERENCES reports,
    synthetic_run text, changed_at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE TABLE IF NOT EXISTS tombstones (run text PRIMARY KEY, changed_at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE INDEX IF NOT EXISTS citizens_run ON citizens (synthetic_run) WHERE synthetic_run IS NOT NULL;
  CREATE INDEX IF NOT EXISTS reports_run ON reports (synthetic_run) WHERE synthetic_run IS NOT NULL;
  CREATE INDEX IF NOT EXISTS checkins_run ON checkins (synthetic_run) WHERE synthetic_run IS NOT NULL;
  CREATE INDEX IF NOT EXISTS keys_run ON idempotency_keys (synthetic_run) WHERE synthetic_run IS NOT NULL;
  CREATE INDEX IF NOT EXISTS reports_citizen ON reports (citizen_id);
  CREATE INDEX IF NOT EXISTS reports_request ON reports (request_id) WHERE request_id <> id;
  CREATE INDEX IF NOT EXISTS checkins_request ON checkins (request_id) WHERE request_id <> id;
  CREATE UNIQUE INDEX IF NOT EXISTS keys_use ON idempotency_keys (key, coalesce(synthetic_run, ''));
  CREATE INDEX IF NOT EXISTS keys_report ON idempotency_keys (report_id);
`;

/** Makes the tables that are not there. */
export async function createPostgresTables(sql: Sql): Promise<void> {
  await sql.begin(async (transaction) => {
    await transaction`SELECT pg_advisory_xact_lock(${schemaLock})`;
    await transaction.unsafe(schema).simple();
  });
}
