/** What the rules look at: the steps of a run with how each of them stands, the base step, and the step that decides. */
import type { RunRecord } from "../src/model/record.ts";
import { generatorLimits, type GeneratorLimit } from "./generator.ts";
import { levelsOf, type Level } from "./levels.ts";
import { limitsAt, type LimitResult } from "./limits.ts";
import { imbalanceOf, type Imbalance } from "./littles-law.ts";
import { stepView, type StepView } from "./steps.ts";

/**
 * `void`: the generator was the limit, or the measurement contradicts itself, so the step says nothing about the target. `unmeasured`:
 * no limit had enough requests. `unrecovered`: broke or void with what a higher step had left undone, so it says nothing of its own rate.
 */
export type Standing = "held" | "broke" | "void" | "unmeasured" | "unrecovered";

/** A step with all that was promised for it, met or not, and all that made it void. */
export interface JudgedStep extends StepView {
  readonly limits: readonly LimitResult[];
  readonly generatorLimits: readonly GeneratorLimit[];
  /** Null where Little's law holds, or could not be asked. */
  readonly imbalance: Imbalance | null;
  readonly standing: Standing;
  /** The multiple that an unrecovered step had not recovered from; null for all others. */
  readonly unrecoveredFrom: number | null;
}

/** The step that the causes are sought in, and what it missed. */
export interface Failing {
  readonly step: JudgedStep;
  readonly missed: readonly LimitResult[];
  /** Operations that the missed limits are about; all of them where one limit is over all. */
  readonly operations: readonly string[];
}

/** All that a rule may look at. */
export interface View {
  readonly record: RunRecord;
  /** Measured steps, lowest multiple first, then in the order of the run; warm-up, ramp, repeat and unfinished steps left out. */
  readonly steps: readonly JudgedStep[];
  /** The same by multiple. */
  readonly levels: readonly Level[];
  /** The lowest multiple's first hold. Null where it was not finished. */
  readonly base: JudgedStep | null;
  /** The base step done once more at the end; for drift only. */
  readonly repeat: StepView | null;
  /** The lowest step that broke by itself; where none did, the lowest that the generator limited and that missed a limit. */
  readonly failing: Failing | null;
}

/** Cuts a record and judges each step by itself; causes are the rules'. */
export function viewOf(record: RunRecord): View {
  const planned = record.run.steps.filter((step) => step.role === "step").toSorted((a, b) => a.multiple - b.multiple);
  const cut = planned.flatMap((step) => stepView(record, step) ?? []);
  const first = cut[0]?.step === planned[0] ? cut[0] : undefined;
  const alone = cut.map((step) => judgeStep(record, step, first));
  const steps = alone.map((step) => judgeRecovery(record, step, alone));
  const repeats = record.run.steps.filter((step) => step.role === "repeat").flatMap((step) => stepView(record, step) ?? []);
  const base = first === undefined ? null : (steps[0] ?? null);
  return { record, steps, levels: levelsOf(steps), base, repeat: repeats[0] ?? null, failing: failingOf(record, steps) };
}

function judgeStep(record: RunRecord, step: StepView, base: StepView | undefined): JudgedStep {
  const limits = limitsAt(record, step.step, base?.step ?? null);
  const own = generatorLimits(record, step);
  const imbalance = imbalanceOf(record, step.step);
  const standing = own.length > 0 || imbalance !== null ? "void" : standingOf(limits);
  return { ...step, limits, generatorLimits: own, imbalance, standing, unrecoveredFrom: null };
}

function judgeRecovery(record: RunRecord, step: JudgedStep, all: readonly JudgedStep[]): JudgedStep {
  const unrecoveredFrom = overloadBefore(record, step, all);
  return unrecoveredFrom === null ? step : { ...step, standing: "unrecovered", unrecoveredFrom };
}

/**
 * The highest multiple above a step's own that missed a limit and that the step came after without a pause, and without a hold between
 * them that held: what was left undone then is on this step. Null where there is none, or the step needs no such excuse.
 */
function overloadBefore(
  { run }: RunRecord,
  { step, standing, imbalance }: JudgedStep,
  all: readonly JudgedStep[],
): number | null {
  if (imbalance !== null || (standing !== "broke" && standing !== "void")) return null;
  let highest = step.multiple;
  for (let at = step.index; run.steps[at]?.follows === true; at--) {
    const before = all.find((other) => other.step.index === at - 1);
    if (before?.standing === "held") break;
    if (before !== undefined && missedLimit(before)) highest = Math.max(highest, before.step.multiple);
  }
  return highest === step.multiple ? null : highest;
}

/** Whether a step certainly missed something that was promised: its measurement agrees with itself. */
export function missedLimit({ limits, imbalance }: JudgedStep): boolean {
  return imbalance === null && limits.some((limit) => limit.met === false);
}

function standingOf(limits: readonly LimitResult[]): Standing {
  if (limits.some((limit) => limit.met === false)) return "broke";
  return limits.some((limit) => limit.met === true) ? "held" : "unmeasured";
}

function failingOf(record: RunRecord, steps: readonly JudgedStep[]): Failing | null {
  const missing = steps.filter((one) => missedLimit(one) && one.standing !== "unrecovered");
  const step = missing.find(({ standing }) => standing === "broke") ?? missing[0];
  if (step === undefined) return null;
  const missed = step.limits.filter((limit) => limit.met === false);
  const named = missed.flatMap((limit) => limit.operation ?? []);
  return { step, missed, operations: named.length < missed.length ? operationsOf(record) : [...new Set(named)] };
}

/** Operations that are part of the load, not only of its preparation. */
export function operationsOf(record: RunRecord): string[] {
  return record.run.plan.operations.filter((operation) => operation.weight > 0).map((operation) => operation.name);
}
