/**
 * A rate that goes from one value to another in a straight line. Its cumulative rate a t + b t^2 / 2 counts the arrivals expected
 * by t, and is inverted in closed form.
 */
export class Ramp {
  readonly #fromPerUs: number;
  readonly #slopePerUs2: number;
  readonly #holdUs: number;

  /** `from` and `to` in arrivals per second, different, the higher one above 0. */
  constructor(fromRatePerSec: number, toRatePerSec: number, holdUs: number) {
    this.#fromPerUs = fromRatePerSec / 1_000_000;
    this.#slopePerUs2 = (toRatePerSec - fromRatePerSec) / 1_000_000 / holdUs;
    this.#holdUs = holdUs;
  }

  /** Arrivals expected in the whole ramp. */
  get total(): number {
    return (this.#fromPerUs + (this.#slopePerUs2 * this.#holdUs) / 2) * this.#holdUs;
  }

  /** Microseconds since its start by which so many arrivals are expected; infinite beyond the total. */
  timeOf(expected: number): number {
    if (expected >= this.total) return Number.POSITIVE_INFINITY;
    if (expected === 0) return 0;
    // Near the end of a ramp down to nothing, rounding leaves a little less than 0 below the root.
    const rate = Math.sqrt(Math.max(0, this.#fromPerUs ** 2 + 2 * this.#slopePerUs2 * expected));
    // Of the quadratic's two forms the one without a difference of nearly equal numbers (Press et al., Numerical Recipes, 5.6).
    return Math.min((2 * expected) / (this.#fromPerUs + rate), this.#holdUs);
  }
}
