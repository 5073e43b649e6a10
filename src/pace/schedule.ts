import type { JourneyPlan, OperationPlan, RunPlan, ScheduleTotals, StepPlan } from "../model/plan.ts";
import { pickUser } from "../model/popularity.ts";
import { mix, streams, unit } from "../model/random.ts";
import { Arrivals } from "./arrivals.ts";
import { ScheduleHash } from "./schedule-hash.ts";

/** What a schedule depends on: the part of a plan that decides what is sent. */
export type SchedulePlan = Pick<RunPlan, "seed" | "pace" | "steps" | "operations" | "journeys" | "users">;

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
  /** Index into the plan's operations and, beyond them, its journeys. */
  entry = 0;
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
    this.#cumulative = cumulativeWeights([...plan.operations, ...plan.journeys]);
  }

  /** Moves to a step, which must be the one after the last; its first index follows from walking those before. */
  begin(step: StepPlan): void {
    if (step.index !== this.#stepsBegun)
      throw new RangeError(`steps begin in order: expected ${this.#stepsBegun}, got ${step.index}`);
    while (this.#step !== null && this.#advance() !== null);
    this.#stepsBegun += 1;
    const { pace, seed } = this.#plan;
    const first = this.#nextIndex;
    this.#step = { plan: step, first, arrivals: new Arrivals({ ...step, pace, seed, firstIndex: first }) };
  }

  /** The next arrival of this shard within the step; false when the step has no more. Throws RangeError where it has no due time. */
  next(): boolean {
    for (let dueUs = this.#advance(); dueUs !== null; dueUs = this.#advance()) {
      const index = this.#nextIndex - 1;
      if (index % this.#shard.of !== this.#shard.index) continue;
      const { seed, users } = this.#plan;
      this.index = index;
      this.dueUs = dueUs;
      this.entry = pickEntry(this.#cumulative, unit(seed, streams.operation, index));
      this.user = pickUser(users.popularity, users.pool, unit(seed, streams.user, index));
      return true;
    }
    return false;
  }

  #advance(): number | null {
    if (this.#step === null) return null;
    const dueUs = this.#step.arrivals.next();
    // Neither due nor beyond the end: it would be waited for in all eternity.
    if (Number.isNaN(dueUs)) throw new RangeError(`arrival ${this.#nextIndex} has no due time`);
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

function cumulativeWeights(entries: readonly { readonly weight: number }[]): number[] {
  const total = entries.reduce((sum, entry) => sum + entry.weight, 0);
  let sum = 0;
  return entries.map((entry) => (sum += entry.weight) / total);
}

function pickEntry(cumulative: readonly number[], draw: number): number {
  let at = 0;
  while (at < cumulative.length - 1 && draw >= (cumulative[at] ?? 1)) at += 1;
  return at;
}

/** Walks a whole schedule without sending anything: how many, of what, and its hash. About 20 million arrivals a second. */
export function walkSchedule(plan: SchedulePlan): ScheduleTotals {
  const schedule = new Schedule(plan);
  const hash = new ScheduleHash();
  const perStep: number[] = [];
  const perEntry = [...plan.operations, ...plan.journeys].map(() => 0);
  for (const step of plan.steps) {
    schedule.begin(step);
    let count = 0;
    for (; schedule.next(); count++) {
      hash.add(schedule.index, schedule.dueUs, schedule.entry, schedule.user);
      perEntry[schedule.entry] = (perEntry[schedule.entry] ?? 0) + 1;
    }
    perStep.push(count);
  }
  const requests = requestsOf(plan, perEntry);
  return {
    requests: sumOf(requests.map(({ count }) => count)),
    writes: sumOf(requests.filter(({ operation }) => operation.kind === "write").map(({ count }) => count)),
    perStep,
    perOperation: Object.fromEntries(requests.map(({ operation, count }) => [operation.name, count])),
    hash: hash.digest(),
  };
}

/** Requests of each operation: arrivals of its own, and one for each time that a journey comes by it. */
function requestsOf(
  { operations, journeys }: SchedulePlan,
  perEntry: readonly number[],
): { operation: OperationPlan; count: number }[] {
  const visits = (journey: JourneyPlan, operation: number): number =>
    journey.steps.filter((step) => step.operation === operation).length;
  return operations.map((operation, at) => ({
    operation,
    count:
      (perEntry[at] ?? 0) +
      sumOf(journeys.map((journey, number) => visits(journey, at) * (perEntry[operations.length + number] ?? 0))),
  }));
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
