import { clocks, type Clock } from "../model/budget.ts";
import { outcomes, type Outcome, type Tally } from "../model/run.ts";
import { Buckets, type SparseBuckets } from "./buckets.ts";

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

/** Counts that can still grow; the same fields as `Tally`. */
export type OpenTally = { -readonly [Field in keyof Omit<Tally, "errors">]: number } & { errors: Record<string, number> };

export function emptyTally(): OpenTally {
  return { due: 0, dispatched: 0, sent: 0, done: 0, ok: 0, rejected: 0, failed: 0, errors: {} };
}

/** Adds one tally to another, in place. */
export function addTally(sum: OpenTally, more: Tally): void {
  for (const field of ["due", "dispatched", "sent", "done", "ok", "rejected", "failed"] as const) sum[field] += more[field];
  for (const [key, count] of Object.entries(more.errors)) sum.errors[key] = (sum.errors[key] ?? 0) + count;
}

/** Most different error keys that are kept apart; the rest are counted under `other`, since a hostile target could invent them without end. */
const errorKeysMax = 100;

/** Adds one to an error key, within the bound on how many there may be. */
export function countError(errors: Record<string, number>, key: string): void {
  const known = key in errors || Object.keys(errors).length < errorKeysMax ? key : "other";
  errors[known] = (errors[known] ?? 0) + 1;
}

/** A histogram and what it is of, ready to post to the coordinator. */
export interface MeteredClock {
  readonly operation: number;
  readonly clock: Clock;
  readonly outcome: Outcome;
  readonly buckets: SparseBuckets;
}

/** One worker's figures of one step: a tally per operation and a histogram per operation, clock and outcome. Constant memory. */
export class StepMeter {
  readonly tallies: OpenTally[];
  readonly #histograms: (Buckets | undefined)[] = [];

  constructor(operationCount: number) {
    this.tallies = Array.from({ length: operationCount }, emptyTally);
  }

  settle(settled: Settled): void {
    const tally = this.tallies[settled.operation];
    if (tally === undefined) throw new RangeError(`no operation ${settled.operation}`);
    tally[settled.outcome] += 1;
    if (settled.waitUs !== undefined) tally.sent += 1;
    if (settled.responseUs !== undefined) tally.done += 1;
    if (settled.errorKey !== null) countError(tally.errors, settled.errorKey);
    this.#record(settled, 0, settled.lagUs);
    this.#record(settled, 1, settled.waitUs);
    this.#record(settled, 2, settled.serviceUs);
    this.#record(settled, 3, settled.responseUs);
  }

  /** All histograms that hold a sample. */
  metered(): MeteredClock[] {
    return this.#histograms.flatMap((buckets, slot) => {
      if (buckets === undefined) return [];
      const clock = clocks[slot % 4];
      const outcome = outcomes[Math.floor(slot / 4) % 3];
      if (clock === undefined || outcome === undefined) return [];
      return [{ operation: Math.floor(slot / 12), clock, outcome, buckets: buckets.toSparse() }];
    });
  }

  #record(settled: Settled, clock: number, valueUs: number | undefined): void {
    if (valueUs === undefined) return;
    const slot = settled.operation * 12 + outcomes.indexOf(settled.outcome) * 4 + clock;
    (this.#histograms[slot] ??= new Buckets()).record(valueUs);
  }
}
