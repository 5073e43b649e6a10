import { StepMeter } from "../measure/step-meter.ts";
import type { RunPlan, StepPlan } from "../model/plan.ts";
import type { Purpose } from "../model/tags.ts";
import { ScheduleHash } from "../pace/schedule-hash.ts";

/** A step that has begun in one load thread and is not reported yet. */
export class RunningStep {
  readonly plan: StepPlan;
  /** Microseconds since the run's start. */
  readonly startUs: number;
  readonly endUs: number;
  readonly purpose: Purpose;
  readonly meter: StepMeter;
  /** Over the arrivals taken up. */
  readonly hash = new ScheduleHash();
  /** No more arrivals to make. */
  isWalked = false;
  /** Requests that are known and have not ended: those to come, those under way, those between two attempts. */
  pending = 0;
  constructor(step: StepPlan, startUs: number, plan: Pick<RunPlan, "operations" | "journeys">) {
    this.plan = step;
    this.startUs = startUs;
    this.endUs = startUs + step.holdUs;
    this.purpose = step.role === "warmup" ? "warmup" : "load";
    this.meter = new StepMeter(plan.operations.length, plan.journeys.length);
  }
}
