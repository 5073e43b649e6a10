/** The sentences that a person or an auditor reads: a plan before it is carried out, a sweep as it goes, the proof after it. */
import type { CleanupEntry, CleanupPlan, RowCounts } from "../src/model/cleanup.ts";
import { countOf, formatCount, formatUs } from "../src/model/units.ts";
import type { SweepProgress } from "./sweep.ts";

/** A plan, one sentence per line; with the rows there are now where they were counted. */
export function describePlan(plan: CleanupPlan, rows: RowCounts | null): string[] {
  const wrote = `Run ${plan.runId} made ${countOf(plan.created, "write")} that the target accepted, and ${formatCount(plan.unknown)} whose outcome is unknown.`;
  if (plan.kind === "none")
    return [wrote, `Nothing is to be removed: ${plan.reason ?? "the scenario names no cleanup, and no reason"}.`];
  return [
    wrote,
    `Rows are removed by DELETE ${plan.url}, at most ${countOf(plan.batch, "row")} at a time, until none is left.`,
    `After ${formatUs(plan.settleUs)} they are counted again, since an accepted write may land late.`,
    plan.tokenFrom === null ? "No token is sent." : `The token comes from the environment variable ${plan.tokenFrom}.`,
    rows === null ? "The rows there are now could not be counted." : `There are now ${describeRows(rows)}.`,
  ];
}

/** The proof of one sweep, one sentence per line; the last says whether it holds. */
export function describeProof(entry: CleanupEntry): string[] {
  if (entry.dryRun)
    return [...describePlan(entry.plan, entry.before), ...entry.problems.map(asSentence), "Dry run: nothing was removed."];
  if (entry.plan.kind === "none")
    return [...describePlan(entry.plan, null), ...entry.problems.map(asSentence), conclusion(entry)];
  return [
    `Removed ${countOf(entry.deleted, "row")} in ${formatCount(entry.batches)} ${entry.batches === 1 ? "batch" : "batches"}.`,
    entry.residue === null
      ? "Residue: not known."
      : `Residue: ${countOf(entry.residue, "row")} after ${formatUs(entry.plan.settleUs)}.`,
    `Untagged rows: ${untaggedSentence(entry)}.`,
    entry.tombstoned ? "The run is closed: what arrives late is dropped." : "The run is not known to be closed to late arrivals.",
    ...entry.problems.map(asSentence),
    conclusion(entry),
  ];
}

/** One line while a sweep goes on. */
export function describeProgress({ phase, deleted, remaining }: SweepProgress): string {
  if (phase === "look") return "counting the rows of this run";
  if (phase === "settle") return "waiting for late arrivals before the second look";
  return `${countOf(deleted, "row")} removed${remaining === null ? "" : `, ${formatCount(remaining)} left`}`;
}

/** `1,234 rows (store 1,200, cache 34)`. */
export function describeRows(rows: RowCounts): string {
  const places = Object.entries(rows);
  const total = places.reduce((sum, [, count]) => sum + count, 0);
  return `${countOf(total, "row")} (${places.map(([place, count]) => `${place} ${formatCount(count)}`).join(", ")})`;
}

function asSentence(problem: string): string {
  return `${problem.charAt(0).toUpperCase()}${problem.slice(1)}${/[.?!]$/.test(problem) ? "" : "."}`;
}

function untaggedSentence(entry: CleanupEntry): string {
  const rows = entry.untaggedAfter;
  const fingerprint = rows === null ? "" : ` (${countOf(rows.count, "row")}, checksum ${rows.checksum})`;
  const words = { unchanged: "unchanged", "changed-by-others": "changed by others", "not-checked": "not checked" } as const;
  return words[entry.untagged] + fingerprint;
}

function conclusion(entry: CleanupEntry): string {
  if (entry.verified) return "Verified: nothing of this run is left.";
  if (entry.residue === 0) return "Not fully verified: no row of this run was found, but see above.";
  return entry.residue === null
    ? "Not verified: what is left is not known."
    : `Not verified: ${countOf(entry.residue, "row")} left.`;
}
