/** What a worker reads from PostgreSQL, on connections of its own. */
import type { Run } from "./messages.ts";
import type { Sql } from "./postgres-connection.ts";
import type { CheckinRecord, CodeRecord, KeyRecord, ReportRecord, StoreReader } from "./store.ts";

type ReportRow = Omit<ReportRecord, "symptoms" | "reportedAt"> & { readonly symptoms: string; readonly reportedMs: string };
type CheckinRow = Omit<CheckinRecord, "at"> & { readonly atMs: string };

/** The same questions as to SQLite. Rejects with what PostgreSQL says. */
export class PostgresReader implements StoreReader {
  readonly remote = true;
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** The latest report decides the color; only one of the citizen's own kind, so that no synthetic report colors a real person. */
  async code(citizenId: string): Promise<CodeRecord | undefined> {
    const sql = this.#sql;
    const [row] = await sql<CodeRecord[]>`
      SELECT id, synthetic_run AS run, coalesce((
        SELECT color FROM reports
        WHERE citizen_id = citizens.id AND reports.synthetic_run IS NOT DISTINCT FROM citizens.synthetic_run
        ORDER BY reported_ms DESC LIMIT 1), 'green') AS color
      FROM citizens WHERE id = ${citizenId}`;
    return row;
  }

  async report(id: string): Promise<ReportRecord | undefined> {
    const sql = this.#sql;
    const [row] = await sql<ReportRow[]>`
      SELECT id, citizen_id AS "citizenId", symptoms, temperature, color, reported_ms AS "reportedMs",
        1 + (SELECT count(*)::int FROM reports AS again
          WHERE again.request_id = reports.request_id AND again.request_id <> again.id) AS count
      FROM reports WHERE id = ${id}`;
    if (row === undefined) return undefined;
    const { reportedMs, symptoms, ...rest } = row;
    return { ...rest, symptoms: JSON.parse(symptoms) as string[], reportedAt: new Date(Number(reportedMs)).toISOString() };
  }

  async checkin(id: string): Promise<CheckinRecord | undefined> {
    const sql = this.#sql;
    const [row] = await sql<CheckinRow[]>`
      SELECT id, citizen_id AS "citizenId", venue_id AS "venueId", at_ms AS "atMs",
        1 + (SELECT count(*)::int FROM checkins AS again
          WHERE again.request_id = checkins.request_id AND again.request_id <> again.id) AS count
      FROM checkins WHERE id = ${id}`;
    if (row === undefined) return undefined;
    const { atMs, ...rest } = row;
    return { ...rest, at: new Date(Number(atMs)).toISOString() };
  }

  async keyed(key: string, run: Run): Promise<KeyRecord | undefined> {
    const sql = this.#sql;
    const [row] = await sql<KeyRecord[]>`
      SELECT fingerprint, report_id AS id, (SELECT count(*)::int FROM reports WHERE reports.id = report_id)
        + (SELECT count(*)::int FROM reports WHERE request_id = report_id AND request_id <> reports.id) AS count
      FROM idempotency_keys WHERE key = ${key} AND coalesce(synthetic_run, '') = ${run ?? ""}`;
    return row;
  }
}
