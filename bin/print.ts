import { renderVerdict } from "../src/report/verdict-text.ts";
import type { Concluded } from "./conclude.ts";

/** One JSON document on stdout. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** The summary of a run for people, or as JSON; sets the exit code that it carries. */
export function printSummary({ record, summary }: Concluded, options: { readonly json: boolean }): void {
  if (options.json) printJson(summary);
  else process.stdout.write(`${renderVerdict(summary, record.run.plan, process.stdout.columns || 100, usesColours())}\n`);
  process.exitCode = summary.exitCode;
}

/** Whether stdout may be coloured: a terminal, and no NO_COLOR (no-color.org). */
export function usesColours(): boolean {
  return process.stdout.isTTY && process.env["NO_COLOR"] === undefined;
}
