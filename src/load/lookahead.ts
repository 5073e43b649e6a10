import type { RunPlan } from "../model/plan.ts";
import { Schedule } from "../pace/schedule.ts";
import { Queue } from "./queue.ts";
import type { RunningStep } from "./running-step.ts";
import type { Upcoming } from "./upcoming.ts";

/** How far ahead of its due time an arrival is made: enough for several disk syncs. */
const aheadUs = 1_000_000;
/** Most arrivals made ahead, so that a rate beyond reason costs no memory beyond reason. */
const aheadMax = 131_072;

/** Makes one worker's arrivals of the steps begun, ahead of their due times and in their order, across the seams between steps. */
export class Lookahead {
  readonly #schedule: Schedule;
  readonly #announce: (step: RunningStep, schedule: Schedule) => Upcoming;
  readonly #arrivals = new Queue<Upcoming>();
  readonly #toWalk = new Queue<RunningStep>();
  #walking: RunningStep | undefined = undefined;
  /** The schedule stands at an arrival that is too far ahead. */
  #isHeld = false;

  /** `announce` makes the arrival that the schedule stands at. */
  constructor(plan: RunPlan, worker: number, announce: (step: RunningStep, schedule: Schedule) => Upcoming) {
    this.#schedule = new Schedule(plan, { index: worker, of: plan.workers });
    this.#announce = announce;
  }

  /** The arrival that is due first. */
  get first(): Upcoming | undefined {
    return this.#arrivals.peek();
  }

  begin(step: RunningStep): void {
    this.#toWalk.push(step);
  }

  fill(nowUs: number): void {
    while (this.#arrivals.length < aheadMax) {
      const step = this.#walking ?? this.#nextStep();
      if (step === undefined) return;
      if (this.#isHeld || this.#schedule.next()) {
        this.#isHeld = step.startUs + this.#schedule.dueUs > nowUs + aheadUs;
        if (this.#isHeld) return;
        this.#arrivals.push(this.#announce(step, this.#schedule));
      } else {
        step.isWalked = true;
        this.#walking = undefined;
      }
    }
  }

  /** Takes out the arrival that is due first. */
  shift(): Upcoming | undefined {
    return this.#arrivals.shift();
  }

  /** A step's numbers follow from those of the step before, which must therefore be walked to its end. */
  #nextStep(): RunningStep | undefined {
    this.#walking = this.#toWalk.shift();
    if (this.#walking !== undefined) this.#schedule.begin(this.#walking.plan);
    return this.#walking;
  }
}
