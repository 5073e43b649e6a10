import { existsSync } from "node:fs";
import { join } from "node:path";
import { analyze, gradeValidity } from "../analysis/index.ts";
import { isIncomplete, mayHaveLeft, troublesOf } from "../cleanup/index.ts";
import type { CleanupEntry } from "../src/model/cleanup.ts";
import { decideExit, exitCodes, type ExitReason } from "../src/model/exit.ts";
import { Fault } from "../src/model/fault.ts";
import type { Verdict } from "../src/model/finding.ts";
import type { RunRecord } from "../src/model/record.ts";
import type { Summary } from "../src/model/summary.ts";
import type { BudgetResult } from "../src/model/verdict.ts";
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

/**
 * Writes the summary and the report of a judged record. `budgetsDecide` is false for the demo, which is there to tell a story: a
 * service that breaks is no failure of it.
 */
export function conclude(record: Judged, budgetsDecide: boolean, disk: DiskTrouble): Concluded {
  const { dir, verdict } = record;
  const validity = record.run.validity ?? gradeValidity(record);
  const cleanupEntries = record.cleanup?.entries ?? [];
  const cleanup = cleanupEntries.at(-1) ?? null;
  const canaries = canariesOf(record);
  const told = [...exitReasons(record, cleanup, canaries?.left ?? 0), ...(budgetsDecide ? budgetReasons(record) : [])];
  const summarize = (): Summary =>
    buildSummary({
      record,
      verdict,
      validity,
      cleanup,
      ...(canaries === null ? {} : { canaries }),
      exit: decideExit([...diskReasons(disk), ...told]),
    });
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

/** What became of the handshake's canaries by their own records, later sweeps of them included; null where none wrote. */
function canariesOf({ canaries = [] }: RunRecord): Summary["canaries"] | null {
  const written = canaries.filter(({ journal }) => journal.created + journal.unknown + journal.tornLines > 0);
  return written.length === 0 ? null : { written: written.length, left: written.filter(mayHaveLeft).length };
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
function exitReasons({ dir, run, verdict }: Judged, cleanup: CleanupEntry | null, canariesLeft: number): ExitReason[] {
  const reasons: ExitReason[] = [];
  if (run.ended?.how === "aborted") {
    reasons.push({ code: exitCodeOf(run.ended.fault ?? "internal"), reason: run.ended.reason ?? "the load was broken off" });
  }
  if (run.ended === null) reasons.push({ code: exitCodes.noAnswer, reason: "the run was killed before its end" });
  if (cleanup !== null && isIncomplete(cleanup)) {
    reasons.push({
      code: exitCodes.cleanupIncomplete,
      reason: `cleanup incomplete: ${troublesOf(cleanup)[0] ?? `residue ${cleanup.residue ?? "unknown"}`}; to finish it: ${cleanCommand(dir, run.plan)}`,
    });
  }
  if (canariesLeft > 0) {
    reasons.push({
      // A handshake that fails keeps its own code: that there is no load without proof says more.
      code: run.ended?.how === "aborted" ? exitCodeOf(run.ended.fault ?? "internal") : exitCodes.cleanupIncomplete,
      reason: `canaries of the handshake are not known to be removed; to finish it: ${cleanCommand(dir, run.plan)}`,
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
  // Of a run that was broken off, why it was says it all.
  const open = run.ended?.how === "finished" ? budgets.filter((budget) => isOpen(budget, budgets)) : [];
  const alike = Map.groupBy(open, (budget) => `(${whyNotMeasured(budget)}): ${budget.text}`);
  return [
    ...missed.map((budget) => ({ code: exitCodes.budgetMissed, reason: `budget missed at ${budget.multiple}x: ${budget.text}` })),
    ...[...alike].map(([why, same]) => ({
      code: exitCodes.noAnswer,
      reason: `budget not measured at ${same.map(({ multiple }) => `${multiple}x`).join(", ")} ${why}`,
    })),
  ];
}

function isOpen(budget: BudgetResult, budgets: readonly BudgetResult[]): boolean {
  return budget.result === "not-measured" && !isDecidedElsewhere(budget, budgets);
}

/** Whether a hold that had not recovered from a higher one leaves a budget to another hold of its multiple. */
function isDecidedElsewhere({ unrecoveredFrom, text, multiple }: BudgetResult, budgets: readonly BudgetResult[]): boolean {
  if (unrecoveredFrom === undefined) return false;
  return budgets.some((other) => other.text === text && other.multiple === multiple && other.result !== "not-measured");
}

function whyNotMeasured({ unrecoveredFrom }: BudgetResult): string {
  return unrecoveredFrom === undefined ? "too few samples" : `it had not recovered from ${unrecoveredFrom}x`;
}
