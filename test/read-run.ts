import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RunRecord } from "../src/model/record.ts";
import type { StepRecord } from "../src/model/run.ts";
import type { Summary } from "../src/model/summary.ts";
import { readRecord } from "../src/record/reader.ts";
import { peakproof, summaryOf, type Folder } from "./cli.ts";

/** A run that has ended, and all that it said. */
export interface RunRead {
  readonly code: number | null;
  readonly stderr: string;
  readonly summary: Summary;
  readonly record: RunRecord;
  /** The text of `report.html`. */
  readonly report: string;
}

/**
 * `peakproof run`, as a script would call it, and its record read back. `flags` are as they would be typed, with blanks in none of them.
 * The machine is not calibrated: that is tried elsewhere.
 */
export async function runAndRead(folder: Folder, scenario: string, flags: string): Promise<RunRead> {
  const ended = await peakproof("run", scenario, ...flags.split(" "), "--out", folder.runs, "--json", "--no-calibration");
  const summary = summaryOf(ended);
  const record = await readRecord(folder.run);
  return {
    code: ended.code,
    stderr: ended.stderr,
    summary,
    record,
    report: readFileSync(join(folder.run, "report.html"), "utf8"),
  };
}

/** What was counted in a step of a run; default: the first one that is judged. */
export function talliedIn({ run }: RunRecord, index?: number): NonNullable<StepRecord["tally"]> {
  const step = run.steps[index ?? run.steps.findIndex(({ role }) => role === "step")];
  if (step === undefined || step.tally === null) throw new Error(`step ${index ?? "?"} of ${run.runId} was not counted`);
  return step.tally;
}

/** What the first judged step owns to have been late by, at p99, milliseconds: on a machine that is busy elsewhere, so is everything. */
export function lagMsOf({ summary }: RunRead): number {
  return (summary.steps[0]?.lagUs?.p99 ?? 0) / 1_000;
}
