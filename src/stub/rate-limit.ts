/** Calls that a contract lets a client save up, in seconds of its rate: enough for arrivals that only happen to meet. A guess. */
const burstSeconds = 0.1;

/** A token bucket: so many calls a second, and never more at once than a tenth of that, but one at least. */
export class RateLimit {
  readonly #perSec: number;
  readonly #burst: number;
  #tokens: number;
  #filledMs: number;

  /** Infinity: no limit. */
  constructor(perSec: number, nowMs: number) {
    this.#perSec = perSec;
    this.#burst = Math.max(1, perSec * burstSeconds);
    this.#tokens = this.#burst;
    this.#filledMs = nowMs;
  }

  /** Takes one call out of it: 0 where it may be, else the milliseconds until the next one may. */
  take(nowMs: number): number {
    if (this.#perSec === Number.POSITIVE_INFINITY) return 0;
    this.#tokens = Math.min(this.#burst, this.#tokens + ((nowMs - this.#filledMs) * this.#perSec) / 1_000);
    this.#filledMs = nowMs;
    if (this.#tokens < 1) return ((1 - this.#tokens) * 1_000) / this.#perSec;
    this.#tokens -= 1;
    return 0;
  }
}
