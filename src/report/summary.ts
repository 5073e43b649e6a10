import type { Clock, Phase } from "../model/budget.ts";
import type { CleanupEntry } from "../model/cleanup.ts";
import { clockStats, type ClockStats } from "../model/distribution.ts";
import type { Verdict } from "../model/finding.ts";
import { latencyTag, type RunRecord } from "../model/record.ts";
import type { RunFile, StepRecord, Tally, Validity } from "../model/run.ts";
import { type CleanupSummary, type LoadFigures, type StepSummary, type Summary, summarySchema } from "../model/summary.ts";

export interface SummaryInput {
  readonly record: RunRecord;
  readonly verdict: Verdict;
  readonly validity: Pick<Validity, "grade" | "reasons">;
  /** The last sweep; null where there was none. */
  readonly cleanup: CleanupEntry | null;
  /** Of the handshake; none by default. */
  readonly canaries?: Summary["canaries"];
  readonly exit: { readonly exitCode: number; readonly exitReasons: readonly string[] };
}

/** `summary.json` (design section 7) from what a run left and what was judged of it. */
export function buildSummary({ record, verdict, validity, cleanup, canaries, exit }: SummaryInput): Summary {
  const { run, dir } = record;
  return {
    schema: summarySchema,
    runId: run.runId,
    dir,
    scenario: run.plan.scenario.name,
    target: run.plan.target,
    seed: run.plan.seed,
    scheduleHash: run.schedule.hash,
    answer: verdict.answer,
    validity: { grade: validity.grade, reasons: validity.reasons },
    totals: run.totals,
    steps: measuredSteps(run).map((step) => stepSummary(record, step)),
    findings: verdict.findings,
    capacity: verdict.capacity,
    budgets: verdict.budgets,
    ...(run.writes === undefined ? {} : { writes: run.writes }),
    ...(run.thirdPartyCalls === undefined ? {} : { thirdPartyCalls: run.thirdPartyCalls }),
    cleanup: cleanup === null ? null : cleanupSummary(cleanup),
    ...(canaries === undefined ? {} : { canaries }),
    exitCode: exit.exitCode,
    exitReasons: exit.exitReasons,
  };
}

type MeasuredStep = StepRecord & { readonly role: StepSummary["role"] };

/** The steps that count: begun, held, and no warm-up. One that a crash cut short is among them, one that was never reached is not. */
export function measuredSteps(run: RunFile): MeasuredStep[] {
  return run.steps.filter(
    (step): step is MeasuredStep => step.role !== "warmup" && step.role !== "ramp" && step.startUs !== null,
  );
}

function stepSummary(record: RunRecord, step: MeasuredStep): StepSummary {
  const tally = step.tally ?? tallyFromSeries(record, step.index);
  const operations = Object.entries(step.tally?.operations ?? {}).map(
    ([name, own]) => [name, figures(record, step.index, name, own)] as const,
  );
  return {
    role: step.role,
    multiple: step.multiple,
    ratePerSec: step.ratePerSec,
    ...figures(record, step.index, "*", tally),
    operations: Object.fromEntries(operations),
    ...(step.tally?.journeys === undefined ? {} : { journeys: step.tally.journeys }),
    phasesUs: phasesOf(record, step.index),
  };
}

function phasesOf(record: RunRecord, step: number): StepSummary["phasesUs"] {
  const phase = (name: Phase): ClockStats | null => clockStats(record.latency.get(latencyTag(step, "*", name, "*")));
  return { dns: phase("dns"), tcp: phase("tcp"), tls: phase("tls"), firstByte: phase("firstByte"), body: phase("body") };
}

type Counts = Pick<Tally, "due" | "sent" | "done" | "ok" | "errors" | "retried">;

/**
 * Counts of a step that was never drained, from the seconds that were written while it was under way. They count what happened
 * in those seconds, so requests still in flight at the crash are due but neither done nor failed.
 */
function tallyFromSeries(record: RunRecord, step: number): Counts {
  const errors: Record<string, number> = {};
  const counts = { due: 0, sent: 0, done: 0, ok: 0, errors };
  for (const point of record.series) {
    if (point.step !== step) continue;
    for (const key of ["due", "sent", "done", "ok"] as const) counts[key] += countIn(point[key]);
    for (const [key, count] of Object.entries(point.errors ?? {})) errors[key] = (errors[key] ?? 0) + countIn(count);
  }
  return counts;
}

/** A line of a record file may hold anything. */
function countIn(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

function figures(
  record: RunRecord,
  step: number,
  operation: string,
  { due, sent, done, ok, errors, retried }: Counts,
): LoadFigures {
  const clock = (name: Clock): ClockStats | null => clockStats(record.latency.get(latencyTag(step, operation, name, "*")));
  return {
    due,
    sent,
    done,
    ok,
    errors,
    lagUs: clock("lag"),
    waitUs: clock("wait"),
    serviceUs: clock("service"),
    responseUs: clock("response"),
    ...(retried === undefined ? {} : { retried }),
  };
}

function cleanupSummary(entry: CleanupEntry): CleanupSummary {
  return {
    created: entry.plan.created,
    unknown: entry.plan.unknown,
    deleted: entry.deleted,
    residue: entry.residue,
    untagged: entry.untagged,
    verified: entry.verified,
  };
}
