import { Heap } from "../load/heap.ts";
import type { SampledWrite } from "./sampled-write.ts";
import { WatchedWrite } from "./watched-write.ts";

/** Looks under way at once: as many as prepare has rows under way. */
const underWayMax = 16;
/** Under load: most looks per second, and most as a share of the load's own rate, so that reading back is no load of its own. Guesses. */
const looksPerSec = 100;
const shareOfLoad = 0.05;
/** Once the load is over, and never more than the load sent at its highest: what a target that carried it reads with ease. A guess. */
const restLooksPerSec = 500;
/** Writes that are looked for at once under load, as a part of a second's looks: a new one then waits no longer than that. */
const watchedShare = 0.2;
/** Looks that may be made at once after a pause, as a part of a second's. */
const burstShare = 0.1;

export interface ReaderOptions {
  readonly withinUs: number;
  readonly nowUs: () => number;
  /** What the load sends now, requests per second. */
  readonly loadRatePerSec: () => number;
  /** The most that the load sends at any time. */
  readonly topRatePerSec: number;
  /** How often a write was applied, as far as the target tells; null: not known. Never rejects. */
  readonly ask: (write: SampledWrite) => Promise<number | null>;
}

/**
 * Looks for accepted writes until they are seen. Under load at a small rate: what cannot be looked for soon is put aside until the load is
 * over, so that it says nothing of how late writes are, and as much of whether they are there. Driven by `tick`.
 */
export class WriteReader {
  readonly #options: ReaderOptions;
  readonly #all: WatchedWrite[] = [];
  /** By when they are looked for next. */
  readonly #due = new Heap<WatchedWrite>();
  /** Neither seen to the end nor due: to be looked for when the load is over. */
  readonly #aside = new Set<WatchedWrite>();
  #loadEndUs: number | null = null;
  /** Due or under way. */
  #watched = 0;
  #underWay = 0;
  #open = 0;
  #allowance = 1;
  #tickUs: number;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#tickUs = options.nowUs();
  }

  /** Everything that was chosen, with what is known of it. */
  get all(): readonly WatchedWrite[] {
    return this.#all;
  }

  /** Writes whose last look is still to come. */
  get open(): number {
    return this.#open;
  }

  /** Takes writes on. */
  take(writes: readonly SampledWrite[]): void {
    const nowUs = this.#options.nowUs();
    for (const write of writes) {
      const watched = new WatchedWrite(write, this.#options.withinUs);
      this.#all.push(watched);
      this.#open += 1;
      const isWatched = this.#loadEndUs !== null || this.#watched < Math.max(1, this.#perSec * watchedShare);
      if (isWatched) this.#watched += 1;
      this.#keep(watched, isWatched ? nowUs : null);
    }
  }

  /** The load is over: everything is looked for once more, and then no more. */
  loadEnded(): void {
    const endUs = this.#options.nowUs();
    this.#loadEndUs = endUs;
    this.#watched += this.#aside.size;
    for (const watched of this.#aside) this.#due.add(watched.lastLookUs(endUs), watched);
    this.#aside.clear();
  }

  /** Begins the looks that are due, as far as the rate allows. */
  tick(): void {
    const nowUs = this.#options.nowUs();
    const perSec = this.#perSec;
    const earned = ((nowUs - this.#tickUs) / 1_000_000) * perSec;
    this.#allowance = Math.min(this.#allowance + earned, Math.max(1, perSec * burstShare));
    this.#tickUs = nowUs;
    while (this.#allowance >= 1 && this.#underWay < underWayMax && this.#due.firstKey <= nowUs) {
      const watched = this.#due.shift();
      if (watched === undefined) return;
      this.#allowance -= 1;
      this.#underWay += 1;
      void this.#look(watched, nowUs);
    }
  }

  get #perSec(): number {
    if (this.#loadEndUs !== null) return restRatePerSec(this.#options.topRatePerSec);
    return Math.min(looksPerSec, shareOfLoad * this.#options.loadRatePerSec());
  }

  async #look(watched: WatchedWrite, askedUs: number): Promise<void> {
    const applied = await this.#options.ask(watched.write);
    this.#underWay -= 1;
    const nextUs = watched.look({ applied, askedUs, answeredUs: this.#options.nowUs() }, this.#loadEndUs);
    if (nextUs === null) this.#watched -= 1;
    if (watched.isSettled) this.#open -= 1;
    else this.#keep(watched, nextUs);
  }

  #keep(watched: WatchedWrite, nextUs: number | null): void {
    if (nextUs === null) this.#aside.add(watched);
    else this.#due.add(nextUs, watched);
  }
}

/** Looks per second once a load is over that sent so many requests at its highest. */
export function restRatePerSec(topRatePerSec: number): number {
  return Math.min(restLooksPerSec, topRatePerSec);
}
