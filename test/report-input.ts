/** Reports of built records, and what tests look for in them. */
import { analyze, gradeValidity } from "../analysis/index.ts";
import type { CleanupEntry } from "../src/model/cleanup.ts";
import type { RunRecord } from "../src/model/record.ts";
import { renderReport, type ReportInput } from "../src/report/report.ts";
import { buildSummary } from "../src/report/summary.ts";

/** A sweep of one store that left nothing. */
export const sweep: CleanupEntry = {
  at: "2026-11-21T01:55:00.000Z",
  plan: {
    runId: "20260101-0000-test",
    created: 1_200,
    unknown: 3,
    stores: [
      {
        name: "http",
        kind: "http",
        how: "DELETE http://127.0.0.1:8461/synthetic/20260101-0000-test",
        secretFrom: "PEAKPROOF_TOKEN",
        batch: 500,
        rowsPerSec: 20_000,
      },
    ],
    settleUs: 1_000_000,
    reason: null,
  },
  dryRun: false,
  stores: [
    {
      name: "http",
      before: { store: 1_190, cache: 3, queue: 12 },
      deleted: 1_205,
      batches: 3,
      residue: 0,
      untagged: "unchanged",
      untaggedBefore: { count: 5_000, checksum: "9f3a01bcdd11e200" },
      untaggedAfter: { count: 5_000, checksum: "9f3a01bcdd11e200" },
      changes: [],
      changesTotal: 0,
      unexplained: 0,
      ours: 0,
      tombstoned: true,
      verified: true,
      problems: [],
    },
  ],
  deleted: 1_205,
  residue: 0,
  untagged: "unchanged",
  verified: true,
  problems: [],
};

/** What a report is made from. */
export function inputOf(record: RunRecord, entries: readonly CleanupEntry[] = [sweep]): ReportInput {
  const verdict = analyze(record);
  const validity = record.run.validity ?? gradeValidity(record);
  const exit = { exitCode: 0, exitReasons: [] };
  const summary = buildSummary({ record, verdict, validity, cleanup: entries.at(-1) ?? null, exit });
  return { record, verdict, summary, cleanupEntries: entries };
}

export const pageOf = (record: RunRecord, entries?: readonly CleanupEntry[]): string => renderReport(inputOf(record, entries));

/** What JavaScript prints where a value is missing or of the wrong kind. */
export const slips = (page: string): string[] => shown(page).match(/.{0,60}(?:NaN|Infinity|undefined|\[object).{0,20}/g) ?? [];

/** What the page shows besides its style sheet and script. */
export const shown = (page: string): string => page.replace(/<style>.*?<\/style>/s, "").replace(/<script>.*?<\/script>/s, "");
