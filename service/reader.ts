/** What a worker reads from the store, on a read-only connection of its own. */
import type { StatementSync } from "node:sqlite";
import type { Color, KeyUse, Run } from "./messages.ts";
import { keyQuery, openForReading } from "./schema.ts";

/** What a code is made from. */
export interface CodeRecord {
  readonly id: string;
  readonly color: Color;
  readonly run: Run;
}

/** A stored report as `GET /reports/:id` shows it. */
export interface ReportRecord {
  readonly id: string;
  readonly citizenId: string;
  readonly symptoms: readonly string[];
  readonly temperature: number | null;
  readonly color: Color;
  readonly reportedAt: string;
}

/** The latest report decides the color; only one of the citizen's own kind, so that no synthetic report colors a real person. */
const codeQuery = `
  SELECT id, synthetic_run AS run, coalesce((
    SELECT color FROM reports WHERE citizen_id = citizens.id AND reports.synthetic_run IS citizens.synthetic_run
    ORDER BY reported_ms DESC LIMIT 1), 'green') AS color
  FROM citizens WHERE id = ?`;
const reportQuery = `
  SELECT id, citizen_id AS citizenId, symptoms, temperature, color, reported_ms AS reportedMs FROM reports WHERE id = ?`;

interface ReportRow {
  readonly id: string;
  readonly citizenId: string;
  readonly symptoms: string;
  readonly temperature: number | null;
  readonly color: Color;
  readonly reportedMs: number;
}

/** Prepared queries of one worker. Synchronous, like the store itself. */
export class Reader {
  readonly #code: StatementSync;
  readonly #report: StatementSync;
  readonly #key: StatementSync;

  constructor(databasePath: string) {
    const database = openForReading(databasePath);
    this.#code = database.prepare(codeQuery);
    this.#report = database.prepare(reportQuery);
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

  /** The report that an idempotency key has made: its id, null where the key was used for another request, undefined if new. */
  reportOf(use: KeyUse, run: Run): string | null | undefined {
    const row = this.#key.get(use.key, run) as { fingerprint: string; reportId: string } | undefined;
    if (row === undefined) return undefined;
    return row.fingerprint === use.fingerprint ? row.reportId : null;
  }
}
