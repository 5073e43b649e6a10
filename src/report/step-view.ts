/** The steps as the report shows them: plan, counts and judgement side by side. */
import type { RunRecord } from "../model/record.ts";
import type { RunFile, StepRecord } from "../model/run.ts";
import type { StepSummary, Summary } from "../model/summary.ts";
import { formatShare } from "../model/units.ts";
import type { Answer } from "../model/verdict.ts";
import { stepNames } from "./step-names.ts";
import { measuredSteps } from "./summary.ts";

export interface StepView {
  readonly record: StepRecord;
  readonly summary: StepSummary;
  /** `5x`; `1x again` for the repeat of the base step; `3x (2nd)` for the second of two. */
  readonly label: string;
  /** How long arrivals fell due: the hold, or less where the step was cut short. */
  readonly seconds: number;
  /** See `brokenSteps`. */
  readonly broke: boolean;
  /** Whether this is the first step that did at the lowest multiple that broke. */
  readonly first: boolean;
  /** Served within the hold, and served only after its end, per second of the hold: an overloaded target works off what it queued. */
  readonly okPerSec: number;
  readonly latePerSec: number;
  /** `rejected` and `failed` per second; from the error counts where the step was never drained. */
  readonly rejectedPerSec: number;
  readonly failedPerSec: number;
}

/** The measured steps of a run, in the order in which they were held. */
export function stepViews(record: RunRecord, summary: Summary): StepView[] {
  const steps = measuredSteps(record.run);
  const names = stepNames(steps);
  const { breaksAt } = summary.answer;
  const broken = brokenSteps(record.run, summary.answer);
  const firstBroken = steps.find((step) => broken.has(step) && step.multiple === breaksAt);
  return summary.steps.flatMap((own, at) => {
    const step = steps[at];
    if (step === undefined) return [];
    const seconds = secondsOf(record, step);
    const rejected = step.tally?.rejected ?? 0;
    const okPerSec = okInHold(record, step, own.ok, seconds);
    const failed = step.tally?.failed ?? Object.values(own.errors).reduce((sum, count) => sum + count, 0);
    return {
      record: step,
      summary: own,
      label: names.get(step) ?? "",
      seconds,
      broke: broken.has(step),
      first: step === firstBroken,
      okPerSec,
      latePerSec: own.ok / seconds - okPerSec,
      rejectedPerSec: rejected / seconds,
      failedPerSec: failed / seconds,
    };
  });
}

/** The steps that broke according to the answer, and any at a higher multiple than all of those: no limit may have been set for them. */
export function brokenSteps({ steps }: RunFile, { brokeSteps = [] }: Answer): ReadonlySet<StepRecord> {
  const judged = steps.filter(({ index }) => brokeSteps.includes(index));
  const highest = judged.reduce((most, { multiple }) => Math.max(most, multiple), 0);
  const above = steps.filter(({ role, multiple }) => highest > 0 && role === "step" && multiple > highest);
  return new Set([...judged, ...above]);
}

function secondsOf(record: RunRecord, step: StepRecord): number {
  const endUs = step.endUs ?? record.run.ended?.atUs ?? (record.series.at(-1)?.t ?? 0) + 1e6;
  const heldUs = Math.min(step.holdUs, endUs - (step.startUs ?? 0));
  return Math.max(heldUs > 0 ? heldUs : step.holdUs, 1) / 1e6;
}

/** What a step served after its end counts where it is this share of what it served in all: less is the last second's tail. */
const lateShare = 0.02;
/** The same where the next step follows at once and its replies cannot be told apart: the last one came this much after the end. */
const lateUs = 1e6;

/**
 * `ok` replies per second of the hold. Where much was served only after it, the mean of its full seconds less the first, while
 * queues still fill: the same seconds that the judge takes for what the target can do. All of `ok` where the series is missing.
 */
function okInHold(record: RunRecord, step: StepRecord, ok: number, seconds: number): number {
  const startUs = step.startUs ?? 0;
  const endUs = step.endUs ?? Infinity;
  const next = record.run.steps.find((other) => other.startUs !== null && other.startUs >= endUs);
  const late =
    next?.follows === true
      ? (step.drainedUs ?? endUs) - endUs > lateUs
      : okWithin(record, endUs, next?.startUs ?? Infinity).sum > lateShare * ok;
  const held = okWithin(record, startUs + 1e6, endUs);
  if (!late || held.seconds === 0) return ok / seconds;
  return Math.min(held.sum / held.seconds, ok / seconds);
}

/** `ok` replies in the seconds that lie wholly between two instants. */
function okWithin(record: RunRecord, fromUs: number, toUs: number): { sum: number; seconds: number } {
  const counts = record.series.filter(({ t }) => t >= fromUs && t + 1e6 <= toUs).map(({ ok }) => (Number.isFinite(ok) ? ok : 0));
  return { sum: counts.reduce((sum, count) => sum + count, 0), seconds: counts.length };
}

/** Errors of a step or operation as a share of what was due: `0.1 %`; `-` where nothing was. */
export function errorShare(own: Pick<StepSummary, "due" | "errors">): string {
  const errors = Object.values(own.errors).reduce((sum, count) => sum + count, 0);
  return own.due === 0 ? "-" : formatShare(errors / own.due);
}
