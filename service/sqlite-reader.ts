/** What a worker reads from SQLite, on a read-only connection of its own. */
import type { StatementSync } from "node:sqlite";
import type { Run } from "./messages.ts";
import { openForReading } from "./sqlite-schema.ts";
import type { CheckinRecord, CodeRecord, KeyRecord, ReportRecord, StoreReader } from "./store.ts";

/** The latest report decides the color; only one of the citizen's own kind, so that no synthetic report colors a real person. */
const codeQuery = `
  SELECT id, synthetic_run AS run, coalesce((
    SELECT color FROM reports WHERE citizen_id = citizens.id AND reports.synthetic_run IS citizens.synthetic_run
    ORDER BY reported_ms DESC LIMIT 1), 'green') AS color
  FROM citizens WHERE id = ?`;
const reportQuery = `
  SELECT id, citizen_id AS citizenId, symptoms, temperature, color, reported_ms AS reportedMs,
    1 + (SELECT count(*) FROM reports AS again WHERE again.request_id = reports.request_id AND again.request_id <> again.id) AS count
  FROM reports WHERE id = ?`;
const checkinQuery = `
  SELECT id, citizen_id AS citizenId, venue_id AS venueId, at_ms AS atMs,
    1 + (SELECT count(*) FROM checkins AS again WHERE again.request_id = checkins.request_id AND again.request_id <> again.id) AS count
  FROM checkins WHERE id = ?`;
const keyQuery = `
  SELECT fingerprint, report_id AS id, (SELECT count(*) FROM reports WHERE reports.id = report_id)
    + (SELECT count(*) FROM reports WHERE request_id = report_id AND request_id <> reports.id) AS count
  FROM idempotency_keys WHERE key = ?1 AND ifnull(synthetic_run, '') = ifnull(?2, '')`;

type ReportRow = Omit<ReportRecord, "symptoms" | "reportedAt"> & { readonly symptoms: string; readonly reportedMs: number };
type CheckinRow = Omit<CheckinRecord, "at"> & { readonly atMs: number };

/** Prepared queries of one worker. Synchronous, like SQLite itself. */
export class SqliteReader implements StoreReader {
  readonly remote = false;
  readonly #code: StatementSync;
  readonly #report: StatementSync;
  readonly #checkin: StatementSync;
  readonly #key: StatementSync;

  constructor(databasePath: string) {
    const database = openForReading(databasePath);
    this.#code = database.prepare(codeQuery);
    this.#report = database.prepare(reportQuery);
    this.#checkin = database.prepare(checkinQuery);
    this.#key = database.prepare(keyQuery);
  }

  code(citizenId: string): CodeRecord | undefined {
    return this.#code.get(citizenId) as CodeRecord | undefined;
  }

  report(id: string): ReportRecord | undefined {
    const row = this.#report.get(id) as ReportRow | undefined;
    if (row === undefined) return undefined;
    const { reportedMs, symptoms, ...rest } = row;
    return { ...rest, symptoms: JSON.parse(symptoms) as string[], reportedAt: new Date(reportedMs).toISOString() };
  }

  checkin(id: string): CheckinRecord | undefined {
    const row = this.#checkin.get(id) as CheckinRow | undefined;
    if (row === undefined) return undefined;
    const { atMs, ...rest } = row;
    return { ...rest, at: new Date(atMs).toISOString() };
  }

  keyed(key: string, run: Run): KeyRecord | undefined {
    return this.#key.get(key, run) as KeyRecord | undefined;
  }
}
