import { Buckets } from "../measure/buckets.ts";
import type { Outcome } from "../model/run.ts";
import type { SaturationSlice } from "../model/saturation.ts";
import type { Measured, Window } from "./messages.ts";

/** Parts that a window is cut into: enough to see a spread, few enough that a slow target answers something in each. */
const slicesOfWindow = 8;

/** Counts what connections do within one window. All times are microseconds. */
export class WindowMeter {
  readonly #window: Window;
  readonly #sliceUs: number;
  readonly #slices: { ok: number; okUs: number }[];
  readonly #latency = new Buckets();
  readonly #errors: Record<string, number> = {};
  readonly #counts = { ok: 0, rejected: 0, failed: 0 };
  #residenceUs = 0;
  #givenUp = 0;

  constructor(window: Window) {
    this.#window = window;
    this.#sliceUs = (window.toUs - window.fromUs) / slicesOfWindow;
    this.#slices = Array.from({ length: slicesOfWindow }, () => ({ ok: 0, okUs: 0 }));
  }

  /** A reply, `tookUs` after its request was written. Counts in the window in which it came; its time counts in each that it was under way in. */
  replied(doneUs: number, tookUs: number, outcome: Outcome, errorKey: string | null): void {
    this.underWay(doneUs - tookUs, doneUs);
    const { fromUs, toUs } = this.#window;
    if (doneUs < fromUs || doneUs >= toUs) return;
    this.#counts[outcome] += 1;
    if (errorKey !== null) this.#count(errorKey);
    const slice = this.#slices[Math.floor((doneUs - fromUs) / this.#sliceUs)];
    if (outcome !== "ok" || slice === undefined) return;
    this.#latency.record(tookUs);
    slice.ok += 1;
    slice.okUs += tookUs;
  }

  /** A request that will get no reply. */
  failed(atUs: number, errorKey: string): void {
    if (atUs < this.#window.fromUs || atUs >= this.#window.toUs) return;
    this.#counts.failed += 1;
    this.#count(errorKey);
  }

  /** A connection that is no more, of whatever window: it counts as one that failed, so that its silence is seen in each. */
  givenUp(errorKey: string): void {
    this.#givenUp += 1;
    this.#counts.failed += 1;
    this.#count(errorKey);
  }

  /** A request was under way from one instant to another, both within the window or not. */
  underWay(fromUs: number, toUs: number): void {
    this.#residenceUs += Math.max(0, Math.min(toUs, this.#window.toUs) - Math.max(fromUs, this.#window.fromUs));
  }

  measured(eventLoopShare: number): Measured {
    const slices: SaturationSlice[] = this.#slices;
    return {
      ...this.#counts,
      givenUp: this.#givenUp,
      errors: this.#errors,
      latency: this.#latency.toSparse(),
      residenceUs: this.#residenceUs,
      slices,
      eventLoopShare,
    };
  }

  #count(errorKey: string): void {
    this.#errors[errorKey] = (this.#errors[errorKey] ?? 0) + 1;
  }
}
