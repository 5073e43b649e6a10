import { streams, unit } from "../model/random.ts";
import type { Pace } from "../model/scenario.ts";

/**
 * Due times of one step, microseconds since the step's start, in order. A pure function of (pace, rate, seed, first index): the
 * whole sequence is walked by every shard, which costs a few nanoseconds an arrival and makes the schedule independent of how
 * many workers share it.
 */
export class Arrivals {
  readonly #gapUs: number;
  readonly #pace: Pace;
  readonly #seed: number;
  readonly #ratePerSec: number;
  readonly #firstIndex: number;
  #count = 0;
  #atUs = 0;

  constructor(pace: Pace, ratePerSec: number, seed: number, firstIndex: number) {
    this.#pace = pace;
    this.#ratePerSec = ratePerSec;
    this.#gapUs = 1_000_000 / ratePerSec;
    this.#seed = seed;
    this.#firstIndex = firstIndex;
  }

  /** The next due time. `poisson` draws exponential gaps; `uniform` centres each arrival in its slot; `burst` sends a second's worth at its start. */
  next(): number {
    const number = this.#count++;
    if (this.#pace === "uniform") return (number + 0.5) * this.#gapUs;
    if (this.#pace === "burst") return Math.floor(number / this.#ratePerSec) * 1_000_000;
    this.#atUs -= Math.log(1 - unit(this.#seed, streams.arrival, this.#firstIndex + number)) * this.#gapUs;
    return this.#atUs;
  }
}
