/** A token bucket: tokens come at a steady rate and wait for use up to a burst. Times are milliseconds of any one clock. */

/** How much of a second's tokens may be saved up: enough for arrivals that bunch, and at most 1 % of what 5 s admit. */
const burstSeconds = 0.05;
/** So that low limits do not refuse two requests that only happen to meet. */
const smallestBurst = 10;

/** The most tokens that a rate saves up. */
export function burstOf(ratePerSec: number): number {
  return Math.max(smallestBurst, ratePerSec * burstSeconds);
}

/** One bucket, full at first. */
export class TokenBucket {
  readonly ratePerSec: number;
  readonly burst: number;
  tokens: number;
  #filledMs: number;

  constructor(ratePerSec: number, nowMs: number) {
    this.ratePerSec = ratePerSec;
    this.burst = burstOf(ratePerSec);
    this.tokens = this.burst;
    this.#filledMs = nowMs;
  }

  /** Adds what has come since the last call; `ceiling` is the most that may wait. */
  fill(nowMs: number, ceiling = this.burst): void {
    const due = (this.ratePerSec * Math.max(0, nowMs - this.#filledMs)) / 1_000;
    this.#filledMs = nowMs;
    this.tokens = Math.max(0, Math.min(ceiling, this.tokens + due));
  }

  /** Takes one token if there is a whole one. */
  take(nowMs: number): boolean {
    this.fill(nowMs);
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}
