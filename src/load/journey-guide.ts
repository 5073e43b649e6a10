import { streams, unit } from "../model/random.ts";
import type { JourneyPlan } from "../model/plan.ts";
import type { Carried, Journey, JourneyStep, Reply } from "../model/scenario.ts";

/** Requests of a journey's later steps are numbered n + step x this, n being the number of the arrival. */
const stepStride = 0x1_0000_0000;

/** The number of the request that an arrival's journey makes in a step. */
export function requestIndex(arrival: number, step: number): number {
  return arrival + step * stepStride;
}

/** The arrival that a request belongs to. */
export function arrivalOf(index: number): number {
  return index % stepStride;
}

/** The step of its journey that a request is; 0 outside a journey. */
export function stepOf(index: number): number {
  return Math.floor(index / stepStride);
}

/** Knows the ways of all journeys: what comes after what, when, and what is carried there. Journeys are named by their place in the plan. */
export class JourneyGuide {
  readonly #plans: readonly JourneyPlan[];
  readonly #steps: readonly (readonly JourneyStep[])[];
  readonly #errorKeys: readonly string[];
  readonly #seed: number;

  /** `journeys` is the scenario's, whose functions no plan can hold. */
  constructor(plans: readonly JourneyPlan[], journeys: Readonly<Record<string, Journey>>, seed: number) {
    this.#plans = plans;
    this.#steps = plans.map((plan) => journeys[plan.name]?.steps ?? []);
    this.#errorKeys = plans.map(({ name }) => `journey:${name}`);
    this.#seed = seed;
  }

  operation(journey: number, step: number): number {
    return this.#plans[journey]?.steps[step]?.operation ?? -1;
  }

  /** Whether something of the step's reply is carried on. */
  wantsReply(journey: number, step: number): boolean {
    return this.#steps[journey]?.[step]?.carry !== undefined;
  }

  /** Think time before a request, drawn between the step's bounds, microseconds. */
  thinkUs(journey: number, index: number): number {
    const [shortest, longest] = this.#plans[journey]?.steps[stepOf(index)]?.thinkUs ?? [0, 0];
    return shortest + (longest - shortest) * unit(this.#seed, streams.think, index);
  }

  /** The first step from `from` on that is not skipped; -1: the journey is over. Throws what the scenario's `when` throws. */
  stepFrom(journey: number, from: number, carried: Carried): number {
    const steps = this.#steps[journey] ?? [];
    for (let step = from; step < steps.length; step++) if (steps[step]?.when?.(carried) !== false) return step;
    return -1;
  }

  /** What is carried on from a reply to a step. Throws what the scenario's `carry` throws, and where it returns no values by name. */
  carried(journey: number, step: number, reply: Reply, carried: Carried): Carried {
    const more: unknown = this.#steps[journey]?.[step]?.carry?.(reply, carried);
    if (more instanceof Promise) more.catch(() => undefined);
    if (typeof more !== "object" || more === null || more instanceof Promise)
      throw new TypeError("carry() must return the values by name");
    return { ...carried, ...more };
  }

  /** Error key of a request whose reply its journey could not go on from, or that could not be made of what was carried to it. */
  errorKey(journey: number): string {
    return this.#errorKeys[journey] ?? "journey:?";
  }
}
