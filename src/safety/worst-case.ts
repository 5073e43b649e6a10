import type { OperationPlan, RunPlan, ScheduleTotals, StepPlan } from "../model/plan.ts";
import type { Operation } from "../model/scenario.ts";

/** What decides how often a request is tried again, by operation. */
export type Retries = Readonly<Record<string, Pick<Operation, "retry">>>;

/** The most that a run may come to: no journey ends early, and where there are retries nothing is ever answered well. */
export interface WorstCase {
  /** Attempts per second at the top. */
  readonly ratePerSec: number;
  /** Attempts. */
  readonly requests: number;
  /** Attempts at writes, and prepared rows. */
  readonly writes: number;
  /** Journeys under way at once, by Little's law: those that arrive within the longest time for which one thinks, or within the step. */
  readonly journeys: number;
}

/** Most attempts at a request of an operation, as a mean over the run: a budget bounds retries as a share of first attempts. */
export function attemptsEach(retries: Retries, name: string): number {
  const retry = retries[name]?.retry;
  return 1 + Math.min((retry?.attempts ?? 1) - 1, retry?.budget ?? Number.POSITIVE_INFINITY);
}

/** Writes that are sent once more on purpose, as a share of an operation's, at most: only those with a key and a `readBack` are. */
export function replaysEach({ writes }: Pick<RunPlan, "writes">, { kind }: Pick<OperationPlan, "kind">): number {
  return kind === "write" ? (writes?.replay ?? 0) : 0;
}

/** A figure of operations (attempts, calls to somebody) summed over the requests of a mean arrival, which may be a journey. */
export function perArrival(
  { operations, journeys }: Pick<RunPlan, "operations" | "journeys">,
  figureOf: (operation: OperationPlan) => number,
): number {
  const figures = operations.map(figureOf);
  const ofOperations = operations.map(({ weight }, at) => weight * (figures[at] ?? 0));
  const ofJourneys = journeys.map(({ weight, steps }) => weight * sum(steps.map(({ operation }) => figures[operation] ?? 0)));
  return sum([...ofOperations, ...ofJourneys]) / totalWeight({ operations, journeys });
}

/** Weights of everything that arrives. */
export function totalWeight({ operations, journeys }: Pick<RunPlan, "operations" | "journeys">): number {
  return sum([...operations, ...journeys].map(({ weight }) => weight));
}

/** Highest rate of arrivals, per second; NaN where a rate is none. */
export function topRatePerSec({ steps }: RunPlan): number {
  return largest(steps.map(topOf));
}

function topOf({ ratePerSec, fromRatePerSec = 0 }: StepPlan): number {
  return Math.max(ratePerSec, fromRatePerSec);
}

/** The worst case of a plan and its schedule. A figure that cannot be told is NaN. */
export function worstCase(plan: RunPlan, totals: ScheduleTotals, retries: Retries): WorstCase {
  const each = (operation: OperationPlan): number => attemptsEach(retries, operation.name) + replaysEach(plan, operation);
  const more = (operations: readonly OperationPlan[]): number =>
    Math.round(sum(operations.map((operation) => (totals.perOperation[operation.name] ?? 0) * (each(operation) - 1))));
  return {
    ratePerSec: topRatePerSec(plan) * perArrival(plan, each),
    requests: totals.requests + more(plan.operations),
    writes: totals.writes + (plan.prepare?.count ?? 0) + more(plan.operations.filter(({ kind }) => kind === "write")),
    journeys: Math.round(journeysUnderWay(plan)),
  };
}

function journeysUnderWay(plan: RunPlan): number {
  const { steps, journeys } = plan;
  const aliveIn = (holdUs: number): number =>
    sum(journeys.map(({ weight, steps }) => weight * Math.min(holdUs, sum(steps.map(({ thinkUs: [, longest] }) => longest)))));
  return largest(steps.map((step) => (topOf(step) * aliveIn(step.holdUs)) / totalWeight(plan) / 1_000_000));
}

/** Not Math.max over a spread: a plan may have more steps than a call has arguments, and NaN must survive. */
function largest(values: readonly number[]): number {
  return values.reduce((most, value) => (value <= most || Number.isNaN(most) ? most : value), 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
