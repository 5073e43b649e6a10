import { existsSync } from "node:fs";
import { join } from "node:path";
import { analyze, gradeValidity } from "../analysis/index.ts";
import { cleanUp, describeProgress, isIncomplete, resolveToken } from "../cleanup/index.ts";
import { cleanupSchema, type CleanupEntry, type CleanupFile } from "../src/model/cleanup.ts";
import { decideExit, exitCodes, type ExitReason } from "../src/model/exit.ts";
import { Fault } from "../src/model/fault.ts";
import type { Verdict } from "../src/model/finding.ts";
import type { RunRecord } from "../src/model/record.ts";
import type { Summary } from "../src/model/summary.ts";
import { recordFiles, saturationFile, writeJson, writeWhole } from "../src/record/files.ts";
import { readRecord } from "../src/record/reader.ts";
import { DiskTrouble } from "../src/record/trouble.ts";
import { cleanCommand } from "../src/report/commands.ts";
import { renderCsv } from "../src/report/csv.ts";
import { renderReport } from "../src/report/report.ts";
import { buildSummary } from "../src/report/summary.ts";
import { exitCodeOf } from "./fault-text.ts";

/** A record that has been judged, and what was concluded from it. */
export interface Concluded {
  readonly record: RunRecord;
  readonly summary: Summary;
}

/** A record with its verdict. */
export type Judged = RunRecord & { readonly verdict: Verdict };

/** Judges a record and writes `verdict.json`. `run.json` is left to whoever drives the run: it may still be going on. */
export function judge(before: RunRecord, disk: DiskTrouble): Judged {
  const graded: RunRecord = { ...before, run: { ...before.run, validity: gradeValidity(before) } };
  const record = { ...graded, verdict: analyze(graded) };
  disk.attempt(() => writeJson(join(record.dir, recordFiles.verdict), record.verdict));
  return record;
}

export interface SweepOptions {
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** Sweeps what a run left and verifies; the entry goes into `cleanup.json`, unless it is a dry run's. */
export async function sweepRun(record: RunRecord, options: SweepOptions, disk: DiskTrouble): Promise<CleanupFile> {
  const { run, journal, cleanup } = record;
  const baseline = cleanup?.baseline ?? null;
  const entry = await cleanUp({
    run,
    journal,
    baseline,
    token: resolveToken(run, process.env),
    dryRun: options.dryRun,
    signal: options.signal,
    onProgress: (progress) => options.onProgress(describeProgress(progress)),
  });
  const file: CleanupFile = { schema: cleanupSchema, runId: run.runId, baseline, entries: [...(cleanup?.entries ?? []), entry] };
  if (!options.dryRun) disk.attempt(() => writeJson(join(record.dir, recordFiles.cleanup), file));
  return file;
}

/**
 * Writes the summary and the report of a judged record. `budgetsDecide` is false for the demo, which is there to tell a story: a
 * service that breaks is no failure of it.
 */
export function conclude(record: Judged, budgetsDecide: boolean, disk: DiskTrouble): Concluded {
  const { dir, verdict } = record;
  const validity = record.run.validity ?? gradeValidity(record);
  const cleanupEntries = record.cleanup?.entries ?? [];
  const cleanup = cleanupEntries.at(-1) ?? null;
  const told = [...exitReasons(record, cleanup), ...(budgetsDecide ? budgetReasons(record) : [])];
  const summarize = (): Summary =>
    buildSummary({ record, verdict, validity, cleanup, exit: decideExit([...diskReasons(disk), ...told]) });
  const hoped = summarize();
  disk.attempt(() =>
    writeWhole(join(dir, recordFiles.report), renderReport({ record, verdict, summary: hoped, cleanupEntries })),
  );
  disk.attempt(() => writeWhole(join(dir, recordFiles.csv), renderCsv(hoped)));
  // Last, since it must also say what of the above the disk refused.
  const summary = summarize();
  disk.attempt(() => writeJson(join(dir, recordFiles.summary), summary));
  return { record, summary: disk.faults.length === 0 ? summary : summarize() };
}

function diskReasons({ faults }: DiskTrouble): ExitReason[] {
  return faults.map((fault) => ({ code: exitCodeOf(fault.kind), reason: fault.message }));
}

/** A sweep's folder may hold the record of its prepared rows, too: judged as a run, that would take the place of its page. Throws a usage Fault. */
export function refuseSweep(dir: string): void {
  if (!existsSync(join(dir, saturationFile))) return;
  throw new Fault("usage", `${dir} holds a closed-loop sweep (peakproof saturate) and no run to judge`, {
    expected: "a folder that `peakproof run` wrote",
    fix: `its page is ${join(dir, recordFiles.report)}, its figures are in ${join(dir, saturationFile)}`,
  });
}

/** Reads a run directory, judges it and writes its reports again: what `check` and `report` do. */
export async function concludeAgain(dir: string): Promise<Concluded & { readonly diskFaults: readonly Fault[] }> {
  refuseSweep(dir);
  const disk = new DiskTrouble();
  const concluded = conclude(judge(await readRecord(dir), disk), true, disk);
  return { ...concluded, diskFaults: disk.faults };
}

/** What the record itself says about the exit code (design section 7). */
function exitReasons({ dir, run, verdict }: Judged, cleanup: CleanupEntry | null): ExitReason[] {
  const reasons: ExitReason[] = [];
  if (run.ended?.how === "aborted") {
    reasons.push({ code: exitCodeOf(run.ended.fault ?? "internal"), reason: run.ended.reason ?? "the load was broken off" });
  }
  if (run.ended === null) reasons.push({ code: exitCodes.noAnswer, reason: "the run was killed before its end" });
  if (cleanup !== null && isIncomplete(cleanup)) {
    reasons.push({
      code: exitCodes.cleanupIncomplete,
      reason: `cleanup incomplete: ${cleanup.problems[0] ?? `residue ${cleanup.residue ?? "unknown"}`}; to finish it: ${cleanCommand(dir, run.plan)}`,
    });
  }
  // Whoever stops a run does not ask for its verdict, only whether it was cleaned up.
  if (run.ended?.how === "interrupted")
    return [...reasons, { code: exitCodes.interrupted, reason: run.ended.reason ?? "interrupted" }];
  return [...reasons, ...validityReasons(run, verdict)];
}

function validityReasons(run: RunRecord["run"], verdict: Verdict): ExitReason[] {
  const { validity } = run;
  const invalid = verdict.findings.some((finding) => finding.code === "TEST_INVALID");
  if (validity?.grade === "invalid" || invalid) {
    return [{ code: exitCodes.noAnswer, reason: `the run is not valid: ${validity?.reasons[0] ?? verdict.answer.sentence}` }];
  }
  if (validity?.grade !== "lower-bound") return [];
  const clean = validity.cleanUpTo ?? 0;
  const above = verdict.budgets.find((budget) => budget.multiple > clean);
  if (above === undefined) return [];
  return [
    {
      code: exitCodes.noAnswer,
      reason: `"${above.text}" was to be judged at ${above.multiple}x, which says nothing: ${validity.reasons[0] ?? "see the report"}`,
    },
  ];
}

function budgetReasons({ run, verdict: { budgets } }: Judged): ExitReason[] {
  if (run.ended?.how === "interrupted") return [];
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
