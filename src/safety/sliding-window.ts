/** So many, and so many of them bad. */
export interface Share {
  readonly count: number;
  readonly bad: number;
}

/** Counts over the last seconds. */
export class SlidingWindow {
  readonly #lengthUs: number;
  readonly #entries: { readonly t: number; count: number; bad: number }[] = [];
  /** Instant of the first entry that had anything in it, since the last silence. */
  #sinceUs: number | null = null;

  constructor(seconds: number) {
    this.#lengthUs = seconds * 1_000_000;
  }

  /** Nothing was ever counted. */
  get isEmpty(): boolean {
    return this.#sinceUs === null;
  }

  /**
   * Counts what belongs to the second that begins at `t`, and gives the sums over the window that ends with it; null until one has been
   * seen in full. `worst`: of what comes at the same instant, the worst stands for all.
   */
  add(t: number, share: Share, mode: "sum" | "worst"): Share | null {
    if (share.count > 0) this.#sinceUs ??= t;
    const last = this.#entries.at(-1);
    if (mode === "worst" && last?.t === t) last.bad = Math.max(last.bad, share.bad);
    else this.#entries.push({ t, ...share });
    while (this.#entries[0] !== undefined && this.#entries[0].t <= t - this.#lengthUs + halfSecondUs) this.#entries.shift();
    // After a silence as long as itself, it must be seen in full again.
    if (this.#entries.length === 1 && share.count > 0) this.#sinceUs = t;
    // The second that begins at `t` is over by now.
    const seenUs = this.#sinceUs === null ? 0 : t + 1_000_000 - this.#sinceUs;
    if (seenUs < this.#lengthUs - halfSecondUs) return null;
    return this.#entries.reduce((sum, entry) => ({ count: sum.count + entry.count, bad: sum.bad + entry.bad }), {
      count: 0,
      bad: 0,
    });
  }
}

/** Samples come a little early or late; seconds do not. */
const halfSecondUs = 500_000;
