import { clocks, phases, type Clock, type Phase } from "../model/budget.ts";
import { outcomes, type JourneyTally, type Outcome, type Tally } from "../model/run.ts";
import { Buckets } from "./buckets.ts";

/** One settled request as the meter sees it. Clocks are microseconds; undefined where the request never got that far. */
export interface Settled {
  readonly operation: number;
  readonly outcome: Outcome;
  /** Null for `ok`. */
  readonly errorKey: string | null;
  readonly lagUs: number;
  readonly waitUs: number | undefined;
  readonly serviceUs: number | undefined;
  readonly responseUs: number | undefined;
}

type Open<Counts> = { -readonly [Field in keyof Counts]: number };

/** Counts that can still grow; the same fields as `Tally`. */
export type OpenTally = Open<Omit<Tally, "errors" | "retried">> & {
  errors: Record<string, number>;
  retried?: Record<string, number>;
};

/** The same for `JourneyTally`. */
export type OpenJourneyTally = Open<JourneyTally>;

export function emptyTally(): OpenTally {
  return { due: 0, dispatched: 0, sent: 0, done: 0, ok: 0, rejected: 0, failed: 0, errors: {} };
}

export function emptyJourneyTally(): OpenJourneyTally {
  return { started: 0, completed: 0, broken: 0, cut: 0 };
}

/** Adds one tally to another, in place. */
export function addTally(sum: OpenTally, more: Tally): void {
  for (const field of ["due", "dispatched", "sent", "done", "ok", "rejected", "failed"] as const) sum[field] += more[field];
  addCounts(sum.errors, more.errors);
  if (more.retried !== undefined) addCounts((sum.retried ??= {}), more.retried);
}

/** Adds one journey's tally to another, in place. */
export function addJourneyTally(sum: OpenJourneyTally, more: JourneyTally): void {
  for (const field of ["started", "completed", "broken", "cut"] as const) sum[field] += more[field];
}

function addCounts(sum: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [key, count] of Object.entries(more)) sum[key] = (sum[key] ?? 0) + count;
}

/** Most different error keys that are kept apart; the rest are counted under `other`, since a hostile target could invent them without end. */
const errorKeysMax = 100;

/** Adds one to an error key, within the bound on how many there may be. */
export function countError(errors: Record<string, number>, key: string): void {
  const known = key in errors || Object.keys(errors).length < errorKeysMax ? key : "other";
  errors[known] = (errors[known] ?? 0) + 1;
}

/** A histogram and what it is of. */
export interface MeteredClock {
  readonly operation: number;
  readonly clock: Clock;
  readonly outcome: Outcome;
  readonly buckets: Buckets;
}

/** A phase's histogram, over all operations. */
export interface MeteredPhase {
  readonly phase: Phase;
  readonly buckets: Buckets;
}

const slotsPerOperation = clocks.length * outcomes.length;
const firstSlot: Readonly<Record<Outcome, number>> = { ok: 0, rejected: clocks.length, failed: 2 * clocks.length };

/**
 * One worker's figures of one step: a tally per operation and per journey, a histogram per operation, clock and outcome, and one per
 * phase. Constant memory.
 */
export class StepMeter {
  readonly tallies: readonly OpenTally[];
  readonly journeys: readonly OpenJourneyTally[];
  readonly #histograms: (Buckets | undefined)[] = [];
  readonly #phases: Partial<Record<Phase, Buckets>> = {};

  constructor(operationCount: number, journeyCount: number) {
    this.tallies = Array.from({ length: operationCount }, emptyTally);
    this.journeys = Array.from({ length: journeyCount }, emptyJourneyTally);
  }

  due(operation: number): void {
    this.#tally(operation).due += 1;
  }

  dispatched(operation: number): void {
    this.#tally(operation).dispatched += 1;
  }

  /** A request ended, with its last attempt. */
  settle(settled: Settled): void {
    const tally = this.#tally(settled.operation);
    tally[settled.outcome] += 1;
    if (settled.waitUs !== undefined) tally.sent += 1;
    if (settled.responseUs !== undefined) tally.done += 1;
    if (settled.errorKey !== null) countError(tally.errors, settled.errorKey);
    const slot = settled.operation * slotsPerOperation + firstSlot[settled.outcome];
    this.#record(slot, settled.lagUs);
    this.#record(slot + 1, settled.waitUs);
    this.#record(slot + 2, settled.serviceUs);
    this.#record(slot + 3, settled.responseUs);
  }

  /**
   * A request was given up before an attempt at it was taken up: it failed, and no clock of it counts. An earlier attempt may have been
   * sent and answered all the same.
   */
  fail(operation: number, errorKey: string, before: { readonly wasSent: boolean; readonly wasAnswered: boolean } | null): void {
    const tally = this.#tally(operation);
    tally.failed += 1;
    if (before?.wasSent === true) tally.sent += 1;
    if (before?.wasAnswered === true) tally.done += 1;
    countError(tally.errors, errorKey);
  }

  /** An attempt ended that is followed by another one. */
  retried(operation: number, errorKey: string): void {
    countError((this.#tally(operation).retried ??= {}), errorKey);
  }

  /** A journey ended in the step. It counts there as started, too, wherever in the chain that was: see `JourneyTally`. */
  journey(journey: number, how: Exclude<keyof JourneyTally, "started">): void {
    const tally = this.journeys[journey];
    if (tally === undefined) throw new RangeError(`no journey ${journey}`);
    tally.started += 1;
    tally[how] += 1;
  }

  phase(phase: Phase, valueUs: number): void {
    (this.#phases[phase] ??= new Buckets()).record(valueUs);
  }

  /** All histograms of clocks that hold a sample. */
  metered(): MeteredClock[] {
    return this.#histograms.flatMap((buckets, slot) => {
      const clock = clocks[slot % clocks.length];
      const outcome = outcomes[Math.floor(slot / clocks.length) % outcomes.length];
      if (buckets === undefined || clock === undefined || outcome === undefined) return [];
      return [{ operation: Math.floor(slot / slotsPerOperation), clock, outcome, buckets }];
    });
  }

  /** All histograms of phases that hold a sample. */
  meteredPhases(): MeteredPhase[] {
    return phases.flatMap((phase) => {
      const buckets = this.#phases[phase];
      return buckets === undefined ? [] : [{ phase, buckets }];
    });
  }

  #tally(operation: number): OpenTally {
    const tally = this.tallies[operation];
    if (tally === undefined) throw new RangeError(`no operation ${operation}`);
    return tally;
  }

  #record(slot: number, valueUs: number | undefined): void {
    if (valueUs !== undefined) (this.#histograms[slot] ??= new Buckets()).record(valueUs);
  }
}
