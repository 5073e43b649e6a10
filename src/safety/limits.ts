/**
 * Ceilings on what one run may ask for. They are far above any honest test of one machine: what exceeds them is a slip (a peak
 * per minute written as a peak per second, `10h` for `10m`), and is refused before anything is sent.
 */
import { Fault } from "../model/fault.ts";
import type { RunPlan, ScheduleTotals } from "../model/plan.ts";
import { formatCount } from "../model/units.ts";

interface Ceiling {
  readonly name: string;
  readonly most: number;
  readonly unit: string;
  readonly reason: string;
  readonly fix: string;
}

/** The ceilings, each with its unit and reason. Guesses where no measurement is named. */
export const runCeilings = {
  rate: {
    name: "rate",
    most: 200_000,
    unit: "requests/s",
    reason: "about twice what one core of a generator sends in a bare loop (105,000/s measured)",
    fix: "lower load.peak.ratePerSec or the highest multiple",
  },
  duration: {
    name: "duration",
    most: 24 * 3_600,
    unit: "s",
    reason: "a day: longer is monitoring, not a stress test",
    fix: "shorten what is held, or drop multiples or stages",
  },
  requests: {
    name: "number of requests",
    most: 2_000_000_000,
    unit: "requests",
    reason: "request numbers must stay below 2^31, where the counter-based generators draw their randomness",
    fix: "shorten load.hold or lower the rate",
  },
  writes: {
    name: "number of writes",
    most: 50_000_000,
    unit: "writes",
    reason: "each costs about 200 bytes of journal (10 GB in all), and sweeping them takes about 40 minutes",
    fix: "lower the weight of the writes, load.hold or prepare.count",
  },
} as const satisfies Record<string, Ceiling>;

/**
 * Holds a plan and its schedule against every ceiling. Throws Fault `safety` listing all that are exceeded; a figure that is
 * not a number counts as exceeded.
 */
export function checkLimits(plan: RunPlan, totals: ScheduleTotals): void {
  const asked: readonly (readonly [Ceiling, number])[] = [
    [runCeilings.rate, largest(plan.steps.map((step) => step.ratePerSec))],
    [runCeilings.duration, plan.steps.reduce((sum, step) => sum + step.holdUs, 0) / 1_000_000],
    [runCeilings.requests, totals.requests],
    [runCeilings.writes, totals.writes + (plan.prepare?.count ?? 0)],
  ];
  const exceeded = asked.filter(([ceiling, value]) => !(value <= ceiling.most));
  if (exceeded.length === 0) return;
  throw new Fault("safety", `this run is larger than Peakproof allows: ${exceeded.map(sentenceOf).join("; ")}`, {
    fix: [...new Set(exceeded.map(([ceiling]) => ceiling.fix))].join("; "),
  });
}

/** Not Math.max over a spread: a plan may have more steps than a call has arguments, and NaN must survive. */
function largest(values: readonly number[]): number {
  return values.reduce((most, value) => (value <= most ? most : value), 0);
}

function sentenceOf([ceiling, value]: readonly [Ceiling, number]): string {
  return `${ceiling.name} ${formatCount(value)} ${ceiling.unit}, at most ${formatCount(ceiling.most)} (${ceiling.reason})`;
}
