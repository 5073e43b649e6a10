import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { analyze, gradeValidity } from "../analysis/index.ts";
import { cleanUp, describeProgress, isIncomplete, resolveToken } from "../cleanup/index.ts";
import { cleanupSchema, type CleanupEntry, type CleanupFile } from "../src/model/cleanup.ts";
import { decideExit, exitCodes, type ExitReason } from "../src/model/exit.ts";
import type { Verdict } from "../src/model/finding.ts";
import type { RunRecord } from "../src/model/record.ts";
import type { Summary } from "../src/model/summary.ts";
import { recordFiles, writeJson, writeWhole } from "../src/record/files.ts";
import { readRecord } from "../src/record/reader.ts";
import { renderCsv } from "../src/report/csv.ts";
import { renderReport } from "../src/report/report.ts";
import { buildSummary } from "../src/report/summary.ts";

/** A run directory that has been judged: the record as it now stands, and what was concluded. */
export interface Concluded {
  readonly record: RunRecord;
  readonly verdict: Verdict;
  readonly summary: Summary;
}

/** Judges a record and writes `verdict.json` and the validity into `run.json`. */
export async function judge(dir: string): Promise<{ record: RunRecord; verdict: Verdict }> {
  const before = await readRecord(dir);
  const record: RunRecord = { ...before, run: { ...before.run, validity: gradeValidity(before) } };
  const verdict = analyze(record);
  writeJson(join(dir, recordFiles.run), record.run);
  writeJson(join(dir, recordFiles.verdict), verdict);
  return { record: { ...record, verdict }, verdict };
}

export interface SweepOptions {
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** Sweeps what a run left, verifies, and appends the entry to `cleanup.json`. */
export async function sweepRun(record: RunRecord, options: SweepOptions): Promise<CleanupEntry> {
  const { run, journal, cleanup } = record;
  const entry = await cleanUp({
    run,
    journal,
    baseline: cleanup?.baseline ?? null,
    token: resolveToken(run, process.env),
    dryRun: options.dryRun,
    signal: options.signal,
    onProgress: (progress) => options.onProgress(describeProgress(progress)),
  });
  if (!options.dryRun) appendCleanup(record.dir, run.runId, entry);
  return entry;
}

function appendCleanup(dir: string, runId: string, entry: CleanupEntry): void {
  const path = join(dir, recordFiles.cleanup);
  const before = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as CleanupFile) : null;
  writeJson(path, {
    schema: cleanupSchema,
    runId,
    baseline: before?.baseline ?? null,
    entries: [...(before?.entries ?? []), entry],
  } satisfies CleanupFile);
}

/** Writes the summary and the report of a judged record, whatever more is known of how it ended. */
export async function conclude(dir: string, verdict: Verdict, more: readonly ExitReason[]): Promise<Concluded> {
  const record = await readRecord(dir);
  const validity = record.run.validity ?? gradeValidity(record);
  const cleanup = record.cleanup?.entries.at(-1) ?? null;
  const exit = decideExit([...more, ...exitReasons(record, verdict, cleanup)]);
  const summary = buildSummary({ record, verdict, validity, cleanup, exit });
  writeJson(join(dir, recordFiles.summary), summary);
  writeWhole(
    join(dir, recordFiles.report),
    renderReport({ record, verdict, summary, cleanupEntries: record.cleanup?.entries ?? [] }),
  );
  writeWhole(join(dir, recordFiles.csv), renderCsv(summary));
  return { record, verdict, summary };
}

/** What the record itself says about the exit code (design section 7). */
export function exitReasons({ run }: RunRecord, verdict: Verdict, cleanup: CleanupEntry | null): ExitReason[] {
  const reasons: ExitReason[] = [];
  if (run.ended?.how === "interrupted") reasons.push({ code: exitCodes.interrupted, reason: run.ended.reason ?? "interrupted" });
  if (run.ended === null) reasons.push({ code: exitCodes.noAnswer, reason: "the run was killed before its end" });
  if (cleanup !== null && isIncomplete(cleanup)) {
    reasons.push({
      code: exitCodes.cleanupIncomplete,
      reason: `cleanup incomplete: ${cleanup.problems[0] ?? `residue ${cleanup.residue ?? "unknown"}`}`,
    });
  }
  return [...reasons, ...validityReasons(run, verdict), ...budgetReasons(verdict)];
}

function validityReasons(run: RunRecord["run"], verdict: Verdict): ExitReason[] {
  const { validity } = run;
  const invalid = verdict.findings.some((finding) => finding.code === "TEST_INVALID");
  if (validity?.grade === "invalid" || invalid) {
    return [{ code: exitCodes.noAnswer, reason: `the run is not valid: ${validity?.reasons[0] ?? verdict.answer.sentence}` }];
  }
  const clean = validity?.cleanUpTo ?? Number.POSITIVE_INFINITY;
  const above = verdict.budgets.find((budget) => budget.multiple > clean);
  if (validity?.grade !== "lower-bound" || above === undefined) return [];
  return [
    { code: exitCodes.noAnswer, reason: `the generator was the limit above ${clean}x, where "${above.text}" was to be judged` },
  ];
}

function budgetReasons({ budgets }: Verdict): ExitReason[] {
  const missed = budgets.filter((budget) => budget.result === "missed");
  const open = budgets.filter((budget) => budget.result === "not-measured");
  return [
    ...missed.map((budget) => ({ code: exitCodes.budgetMissed, reason: `budget missed at ${budget.multiple}x: ${budget.text}` })),
    ...open.map((budget) => ({
      code: exitCodes.noAnswer,
      reason: `budget not measured at ${budget.multiple}x (too few samples): ${budget.text}`,
    })),
  ];
}
