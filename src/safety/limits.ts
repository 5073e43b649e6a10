/**
 * Ceilings on what one run may ask for. They are far above any honest test of one machine: what exceeds them is a slip (a peak
 * per minute written as a peak per second, `10h` for `10m`), and is refused before anything is sent.
 */
import { Fault } from "../model/fault.ts";
import type { RunPlan, ScheduleTotals } from "../model/plan.ts";
import { formatCount, formatUs, parseDurationUs } from "../model/units.ts";
import { worstCase, type Retries, type WorstCase } from "./worst-case.ts";

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
    fix: "lower load.peak.ratePerSec or the highest multiple, or give retries a budget",
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
    reason: "hours at the highest rate; and a request's number has room for 2^32 arrivals (load/journey-guide)",
    fix: "shorten load.hold or lower the rate, or give retries a budget",
  },
  writes: {
    name: "number of writes",
    most: 50_000_000,
    unit: "writes",
    reason: "each costs about 200 bytes of journal (10 GB in all), and sweeping them takes about 40 minutes",
    fix: "lower the weight of the writes, load.hold or prepare.count",
  },
  journeys: {
    name: "number of journeys under way at once",
    most: 1_000_000,
    unit: "journeys",
    reason: "each keeps its cookies and what it carries in memory, some kilobytes: a guess",
    fix: "shorten think times or lower the rate",
  },
} as const satisfies Record<string, Ceiling>;

/**
 * Holds the worst case of a plan and its schedule against every ceiling, then against those of its scenario. Throws Fault `safety` listing
 * all that are exceeded; a figure that is not a number counts as exceeded. Bytes are watched while the run goes on.
 */
export function checkLimits(plan: RunPlan, totals: ScheduleTotals, retries: Retries): void {
  const worst = worstCase(plan, totals, retries);
  checkOwn(plan, worst);
  checkScenarios(plan, worst);
}

function checkOwn(plan: RunPlan, worst: WorstCase): void {
  const asked: readonly (readonly [Ceiling, number])[] = [
    [runCeilings.rate, worst.ratePerSec],
    [runCeilings.duration, heldUs(plan) / 1_000_000],
    [runCeilings.requests, worst.requests],
    [runCeilings.writes, worst.writes],
    [runCeilings.journeys, worst.journeys],
  ];
  const exceeded = asked.filter(([ceiling, value]) => !(value <= ceiling.most));
  if (exceeded.length === 0) return;
  throw new Fault("safety", `this run is larger than Peakproof allows: ${exceeded.map(sentenceOf).join("; ")}`, {
    fix: [...new Set(exceeded.map(([ceiling]) => ceiling.fix))].join("; "),
  });
}

function sentenceOf([ceiling, value]: readonly [Ceiling, number]): string {
  return `${ceiling.name} ${formatCount(value)} ${ceiling.unit}, at most ${formatCount(ceiling.most)} (${ceiling.reason})`;
}

/** The ceilings that the scenario sets itself: they guard it against a flag or a variable that asks for more. */
function checkScenarios(plan: RunPlan, worst: WorstCase): void {
  const { ratePerSec, requests, writes, duration } = plan.safety?.ceilings ?? {};
  const exceeded = [
    exceededBy("ratePerSec", worst.ratePerSec, ratePerSec, (rate) => `${formatCount(rate)}/s`),
    exceededBy("requests", worst.requests, requests, formatCount),
    exceededBy("writes", worst.writes, writes, formatCount),
    exceededBy("duration", heldUs(plan), duration === undefined ? undefined : (parseDurationUs(duration) ?? 0), formatUs),
  ].filter((sentence) => sentence !== null);
  if (exceeded.length === 0) return;
  throw new Fault("safety", `this run is larger than its scenario allows: ${exceeded.join("; ")}`, {
    expected: "what safety.ceilings of the scenario allows; retries are counted as if each were needed",
    fix: "ask for less, or raise the ceiling in the scenario after asking whoever set it",
  });
}

function exceededBy(name: string, asked: number, most: number | undefined, format: (value: number) => string): string | null {
  return most === undefined || asked <= most ? null : `${name} ${format(asked)}, at most ${format(most)}`;
}

function heldUs({ steps }: RunPlan): number {
  return steps.reduce((sum, step) => sum + step.holdUs, 0);
}
