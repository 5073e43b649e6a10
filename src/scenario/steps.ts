import { Fault } from "../model/fault.ts";
import type { StepPlan } from "../model/plan.ts";
import type { LoadShape, Stage } from "../model/scenario.ts";
import { validDurationUs } from "./durations.ts";
import { limits } from "./limits.ts";
import type { PlanOverrides } from "./overrides.ts";

const defaultWarmup = "5s";

type Part = Omit<StepPlan, "index" | "ratePerSec">;

/**
 * The steps of a run: of `multiples`, or of `stages` where the command line gives no multiples. Throws a usage Fault where a flag
 * and the scenario's load do not go together, or together ask for more than one run may send.
 */
export function stepsOf(load: LoadShape, peakRatePerSec: number, overrides: PlanOverrides): StepPlan[] {
  const multiples = overrides.multiples ?? load.multiples;
  const isStaged = load.stages !== undefined && overrides.multiples === undefined;
  const parts = isStaged ? partsOfStages(load, peakRatePerSec, overrides) : partsOfMultiples(load, multiples ?? [], overrides);
  const steps = parts.map((part, index): StepPlan => Object.assign({ index, ratePerSec: peakRatePerSec * part.multiple }, part));
  refuseTooMuch(steps);
  return steps;
}

/** Warm-up at the top rate, each multiple in ascending order, and the lowest once more where there are several. */
function partsOfMultiples(load: LoadShape, given: readonly number[], overrides: PlanOverrides): Part[] {
  const holdUs = overrides.holdUs ?? heldUs(load);
  const warmupUs = overrides.warmupUs ?? validDurationUs(load.warmup ?? defaultWarmup);
  const multiples = given.toSorted((a, b) => a - b);
  return [
    ...warmup(multiples.at(-1) ?? 1, warmupUs),
    ...multiples.map((multiple): Part => ({ role: "step", multiple, holdUs })),
    ...(multiples.length > 1 ? [{ role: "repeat" as const, multiple: multiples[0] ?? 1, holdUs }] : []),
  ];
}

/** Each stage's ramp and hold in the author's order, one on the other's heels; a warm-up only where it is asked for. */
function partsOfStages({ stages = [], warmup: asked }: LoadShape, peakRatePerSec: number, overrides: PlanOverrides): Part[] {
  if (overrides.holdUs !== undefined) {
    throw new Fault("usage", "--hold says nothing about stages, each of which has a hold of its own", {
      received: `--hold with ${stages.length} stages`,
      fix: "--multiples as well, to replace the stages, or no --hold",
    });
  }
  const warmupUs = overrides.warmupUs ?? validDurationUs(asked ?? "0s");
  const [first, ...others] = stages.flatMap((stage, at) => partsOfStage(stage, (stages[at - 1]?.multiple ?? 0) * peakRatePerSec));
  const top = Math.max(...stages.map(({ multiple }) => multiple));
  const following = others.map((part): Part => Object.assign({ follows: true } as const, part));
  return [...warmup(top, warmupUs), ...(first === undefined ? [] : [first]), ...following];
}

function partsOfStage({ multiple, ramp, hold }: Stage, fromRatePerSec: number): Part[] {
  return [
    ...(ramp === undefined ? [] : [{ role: "ramp" as const, multiple, fromRatePerSec, holdUs: validDurationUs(ramp) }]),
    ...(hold === undefined ? [] : [{ role: "step" as const, multiple, holdUs: validDurationUs(hold) }]),
  ];
}

function warmup(multiple: number, holdUs: number): Part[] {
  return holdUs > 0 ? [{ role: "warmup", multiple, holdUs }] : [];
}

function heldUs({ hold, stages }: LoadShape): number {
  if (hold !== undefined) return validDurationUs(hold);
  throw new Fault("usage", "--multiples replaces the scenario's stages, and nothing says how long each is held", {
    received: `--multiples with ${stages?.length ?? 0} stages`,
    fix: "--hold 30s as well",
  });
}

function refuseTooMuch(steps: readonly StepPlan[]): void {
  const top = Math.max(...steps.map((step) => step.ratePerSec));
  if (top > limits.topRatePerSec) {
    throw new Fault("usage", "the top step asks for too high a rate", {
      received: `${top} arrivals per second`,
      expected: `at most ${limits.topRatePerSec}`,
      fix: "a lower --peak or a lower highest multiple",
    });
  }
  const arrivals = steps.reduce((sum, step) => sum + (meanRatePerSec(step) * step.holdUs) / 1_000_000, 0);
  if (arrivals > limits.requests) {
    throw new Fault("usage", "the run asks for too many requests", {
      received: `about ${Math.round(arrivals)} requests`,
      expected: `at most ${limits.requests}`,
      fix: "a shorter --hold or fewer multiples",
    });
  }
}

function meanRatePerSec({ fromRatePerSec, ratePerSec }: StepPlan): number {
  return ((fromRatePerSec ?? ratePerSec) + ratePerSec) / 2;
}
