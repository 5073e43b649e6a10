import type { LaneSample } from "../model/series.ts";

/** A lane counts as back at its baseline below this multiple of it, plus a floor for the noise of a quiet one. Both are guesses. */
const baselineFactor = 2;
const floorUs = 5_000;
/** Rounds in a row that must be back before the next step may start. */
const calmRounds = 2;
/** Rounds the baseline is taken from, before any load. */
const baselineRounds = 3;

/** Follows the kept-alive trivial lane: it feels a queue in the target before and after everything else does. */
export class LaneWatch {
  #baseline: number[] = [];
  #hasBaseline: () => void = () => undefined;
  readonly #known = new Promise<void>((resolve) => (this.#hasBaseline = resolve));
  #calm = 0;
  #waiting: (() => void)[] = [];

  /** A round came in. The first rounds, before any load, make the baseline. */
  round(sample: LaneSample): void {
    if (sample.keptUs === null) return;
    if (this.#baseline.length < baselineRounds) {
      if (sample.keptUs >= 0) this.#baseline.push(sample.keptUs);
      if (this.#baseline.length === baselineRounds) this.#hasBaseline();
    }
    const limitUs = Math.max(0, ...this.#baseline) * baselineFactor + floorUs;
    this.#calm = sample.keptUs >= 0 && sample.keptUs <= limitUs ? this.#calm + 1 : 0;
    if (this.#calm >= calmRounds) this.#wake();
  }

  /** Resolves when the baseline is known: to be awaited before any load, or the load itself would be in it. */
  baseline(): Promise<void> {
    return this.#known;
  }

  /** Resolves when the lanes have been calm for some rounds from now on. */
  calm(): Promise<void> {
    this.#calm = 0;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
