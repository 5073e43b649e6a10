import { streams, unit } from "../model/random.ts";
import type { Pace } from "../model/scenario.ts";
import { Ramp } from "./ramp.ts";

/** What the due times of one step depend on. */
export interface ArrivalRules {
  readonly pace: Pace;
  /** Arrivals per second; at the end, for a ramp. */
  readonly ratePerSec: number;
  /** Arrivals per second at the start of a ramp. Absent: held. */
  readonly fromRatePerSec?: number;
  readonly holdUs: number;
  readonly seed: number;
  /** Number of the step's first arrival in the run. */
  readonly firstIndex: number;
}

/**
 * Due times of one step, microseconds since the step's start, in order. A pure function of its rules: the whole sequence is walked
 * by every shard, which costs a few nanoseconds an arrival and makes the schedule independent of how many workers share it.
 */
export class Arrivals {
  readonly #rules: ArrivalRules;
  readonly #gapUs: number;
  readonly #ramp: Ramp | null;
  #count = 0;
  #atUs = 0;
  #expected = 0;

  constructor(rules: ArrivalRules) {
    const { ratePerSec, fromRatePerSec = ratePerSec, holdUs } = rules;
    this.#rules = rules;
    this.#gapUs = 1_000_000 / ratePerSec;
    this.#ramp = fromRatePerSec === ratePerSec ? null : new Ramp(fromRatePerSec, ratePerSec, holdUs);
  }

  /** The next due time; at or after the hold: there are no more. */
  next(): number {
    const number = this.#count++;
    return this.#ramp === null ? this.#held(number) : this.#ramped(number, this.#ramp);
  }

  /** `poisson` draws exponential gaps; `uniform` centres each arrival in its slot; `burst` sends a second's worth at its start. */
  #held(number: number): number {
    const { pace, ratePerSec } = this.#rules;
    if (pace === "uniform") return (number + 0.5) * this.#gapUs;
    if (pace === "burst") return Math.floor(number / ratePerSec) * 1_000_000;
    this.#atUs += this.#exponential(number) * this.#gapUs;
    return this.#atUs;
  }

  /**
   * The same three of rate 1, on the ramp's clock of expected arrivals: the time change that makes an inhomogeneous process of a
   * homogeneous one (Cinlar 1975, "Introduction to Stochastic Processes", section 4.7).
   */
  #ramped(number: number, ramp: Ramp): number {
    const { pace, holdUs } = this.#rules;
    if (pace === "uniform") return ramp.timeOf(number + 0.5);
    if (pace === "burst") {
      const dueUs = ramp.timeOf(number);
      // A nanosecond more, since the one that opens a second may come out of the root just before it.
      return dueUs < holdUs ? Math.floor((dueUs + 0.001) / 1_000_000) * 1_000_000 : dueUs;
    }
    this.#expected += this.#exponential(number);
    return ramp.timeOf(this.#expected);
  }

  /** An exponential draw of mean 1. */
  #exponential(number: number): number {
    return -Math.log(1 - unit(this.#rules.seed, streams.arrival, this.#rules.firstIndex + number));
  }
}
