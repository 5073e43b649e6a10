/** The steps as the report shows them: plan, counts and judgement side by side. */
import type { RunRecord } from "../model/record.ts";
import type { StepRecord } from "../model/run.ts";
import type { StepSummary, Summary } from "../model/summary.ts";
import { formatShare } from "../model/units.ts";
import { measuredSteps } from "./summary.ts";

export interface StepView {
  readonly record: StepRecord;
  readonly summary: StepSummary;
  /** `5x`; `1x again` for the repeat of the base step. */
  readonly label: string;
  /** How long arrivals fell due: the hold, or less where the step was cut short. */
  readonly seconds: number;
  /** At or above the multiple at which the target broke. */
  readonly broke: boolean;
  /** Whether this is the lowest step that broke. */
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
  const { breaksAt } = summary.answer;
  return summary.steps.flatMap((own, at) => {
    const step = steps[at];
    if (step === undefined) return [];
    const seconds = secondsOf(record, step);
    const broke = own.role === "step" && breaksAt !== null && own.multiple >= breaksAt;
    const rejected = step.tally?.rejected ?? 0;
    const okPerSec = okInHold(record, step, own.ok, seconds);
    const failed = step.tally?.failed ?? Object.values(own.errors).reduce((sum, count) => sum + count, 0);
    return {
      record: step,
      summary: own,
      label: stepLabel(step),
      seconds,
      broke,
      first: broke && own.multiple === breaksAt,
      okPerSec,
      latePerSec: own.ok / seconds - okPerSec,
      rejectedPerSec: rejected / seconds,
      failedPerSec: failed / seconds,
    };
  });
}

/** `warm-up`, `5x` or `1x again`. */
export function stepLabel(step: Pick<StepRecord, "role" | "multiple">): string {
  if (step.role === "warmup") return "warm-up";
  return step.role === "repeat" ? `${step.multiple}x again` : `${step.multiple}x`;
}

function secondsOf(record: RunRecord, step: StepRecord): number {
  const endUs = step.endUs ?? record.run.ended?.atUs ?? (record.series.at(-1)?.t ?? 0) + 1e6;
  const heldUs = Math.min(step.holdUs, endUs - (step.startUs ?? 0));
  return Math.max(heldUs > 0 ? heldUs : step.holdUs, 1) / 1e6;
}

/** What a step served after its end counts where it is this share of what it served in all: less is the last second's tail. */
const lateShare = 0.02;

/**
 * `ok` replies per second of the hold. Where much was served only after it, the mean of its full seconds less the first, while
 * queues still fill: the same seconds that the judge takes for what the target can do. All of `ok` where the series is missing.
 */
function okInHold(record: RunRecord, step: StepRecord, ok: number, seconds: number): number {
  const startUs = step.startUs ?? 0;
  const endUs = step.endUs ?? Infinity;
  const next = record.run.steps.find((other) => other.startUs !== null && other.startUs >= endUs);
  const late = okWithin(record, endUs, next?.startUs ?? Infinity);
  const held = okWithin(record, startUs + 1e6, endUs);
  if (late.sum <= lateShare * ok || held.seconds === 0) return ok / seconds;
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
