import type { RunPlan, ScheduleTotals, StepPlan } from "../model/plan.ts";
import { pickUser } from "../model/popularity.ts";
import { mix, streams, unit } from "../model/random.ts";
import { Arrivals } from "./arrivals.ts";
import { ScheduleHash } from "./schedule-hash.ts";

/** What a schedule depends on: the part of a plan that decides what is sent. */
export type SchedulePlan = Pick<RunPlan, "seed" | "pace" | "steps" | "operations" | "users">;

/** Which arrivals are ours: those whose index leaves `index` when divided by `of`. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

export const wholeSchedule: Shard = { index: 0, of: 1 };

/**
 * A cursor over a run's arrivals, step by step. After `next()` returned true its fields hold the arrival; it is one object for
 * the whole run so that a load thread allocates nothing per arrival.
 */
export class Schedule {
  /** Number of the arrival in the run. */
  index = -1;
  /** Microseconds since the step's start. */
  dueUs = 0;
  /** Index into the plan's operations. */
  operation = 0;
  /** Index into the users' pool. */
  user = 0;

  readonly #plan: SchedulePlan;
  readonly #shard: Shard;
  readonly #cumulative: readonly number[];
  #nextIndex = 0;
  #step: { readonly plan: StepPlan; readonly arrivals: Arrivals; readonly first: number } | null = null;
  #stepsBegun = 0;

  constructor(plan: SchedulePlan, shard: Shard = wholeSchedule) {
    this.#plan = plan;
    this.#shard = shard;
    this.#cumulative = cumulativeWeights(plan.operations);
  }

  /** Moves to a step, which must be the one after the last; its first index follows from walking those before. */
  begin(step: StepPlan): void {
    if (step.index !== this.#stepsBegun)
      throw new RangeError(`steps begin in order: expected ${this.#stepsBegun}, got ${step.index}`);
    while (this.#step !== null && this.#advance() !== null);
    this.#stepsBegun += 1;
    const { pace, seed } = this.#plan;
    const first = this.#nextIndex;
    this.#step = { plan: step, first, arrivals: new Arrivals(pace, step.ratePerSec, seed, first) };
  }

  /** The next arrival of this shard within the step; false when the step has no more. */
  next(): boolean {
    for (let dueUs = this.#advance(); dueUs !== null; dueUs = this.#advance()) {
      const index = this.#nextIndex - 1;
      if (index % this.#shard.of !== this.#shard.index) continue;
      const { seed, users } = this.#plan;
      this.index = index;
      this.dueUs = dueUs;
      this.operation = pickOperation(this.#cumulative, unit(seed, streams.operation, index));
      this.user = pickUser(users.popularity, users.pool, unit(seed, streams.user, index));
      return true;
    }
    return false;
  }

  #advance(): number | null {
    if (this.#step === null) return null;
    const dueUs = this.#step.arrivals.next();
    if (dueUs >= this.#step.plan.holdUs) {
      this.#step = null;
      return null;
    }
    this.#nextIndex += 1;
    return dueUs;
  }
}

/** `at.random` of an arrival. */
export function requestRandom(seed: number, index: number): number {
  return mix(seed, streams.request, index) / 0x1_0000_0000;
}

function cumulativeWeights(operations: SchedulePlan["operations"]): number[] {
  const total = operations.reduce((sum, operation) => sum + operation.weight, 0);
  let sum = 0;
  return operations.map((operation) => (sum += operation.weight) / total);
}

function pickOperation(cumulative: readonly number[], draw: number): number {
  let at = 0;
  while (at < cumulative.length - 1 && draw >= (cumulative[at] ?? 1)) at += 1;
  return at;
}

/** Walks a whole schedule without sending anything: how many, of what, and its hash. About 20 million arrivals a second. */
export function walkSchedule(plan: SchedulePlan): ScheduleTotals {
  const schedule = new Schedule(plan);
  const hash = new ScheduleHash();
  const perStep: number[] = [];
  const perOperation = plan.operations.map(() => 0);
  for (const step of plan.steps) {
    schedule.begin(step);
    let count = 0;
    for (; schedule.next(); count++) {
      hash.add(schedule.index, schedule.dueUs, schedule.operation, schedule.user);
      perOperation[schedule.operation] = (perOperation[schedule.operation] ?? 0) + 1;
    }
    perStep.push(count);
  }
  const writes = plan.operations.reduce(
    (sum, operation, at) => sum + (operation.kind === "write" ? (perOperation[at] ?? 0) : 0),
    0,
  );
  return {
    requests: perStep.reduce((sum, count) => sum + count, 0),
    writes,
    perStep,
    perOperation: Object.fromEntries(plan.operations.map((operation, at) => [operation.name, perOperation[at] ?? 0])),
    hash: hash.digest(),
  };
}
