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
    const late = Math.min(own.ok, okAfterEnd(record, step));
    const failed = step.tally?.failed ?? Object.values(own.errors).reduce((sum, count) => sum + count, 0);
    return {
      record: step,
      summary: own,
      label: stepLabel(step),
      seconds,
      broke,
      first: broke && own.multiple === breaksAt,
      okPerSec: (own.ok - late) / seconds,
      latePerSec: late / seconds,
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

/** `ok` replies in the full seconds between the end of a step's hold and the next step's start; 0 where the series is missing. */
function okAfterEnd(record: RunRecord, step: StepRecord): number {
  const fromUs = step.endUs ?? Infinity;
  const next = record.run.steps.find(({ startUs }) => startUs !== null && startUs >= fromUs);
  const toUs = next?.startUs ?? Infinity;
  const after = record.series.filter(({ t }) => t >= fromUs && t + 1e6 <= toUs);
  return after.reduce((sum, { ok }) => sum + (Number.isFinite(ok) ? ok : 0), 0);
}

/** Errors of a step or operation as a share of what was due: `0.1 %`; `-` where nothing was. */
export function errorShare(own: Pick<StepSummary, "due" | "errors">): string {
  const errors = Object.values(own.errors).reduce((sum, count) => sum + count, 0);
  return own.due === 0 ? "-" : formatShare(errors / own.due);
}
