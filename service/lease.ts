/** A lease on the service: whoever tests it takes it, so that two do not test at once without knowing. It holds nobody back by force. */

/** Who has it, and until when it need not be renewed. Times are milliseconds since 1970. */
export interface Held {
  readonly holder: string;
  readonly sinceMs: number;
  readonly expiresMs: number;
}

/** One holder at a time. */
export class Lease {
  #held: Held | null = null;

  /** Takes or renews it. Gives who has it now: another holder, where theirs has not expired. */
  take(holder: string, ttlMs: number, nowMs: number): Held {
    const held = this.#current(nowMs);
    if (held !== null && held.holder !== holder) return held;
    return (this.#held = { holder, sinceMs: held?.sinceMs ?? nowMs, expiresMs: nowMs + ttlMs });
  }

  /** Gives it back. Null: it is free now; otherwise it is another holder's. */
  release(holder: string, nowMs: number): Held | null {
    const held = this.#current(nowMs);
    if (held !== null && held.holder !== holder) return held;
    return (this.#held = null);
  }

  #current(nowMs: number): Held | null {
    return this.#held !== null && this.#held.expiresMs > nowMs ? this.#held : null;
  }
}
