import type { Occupancy } from "../model/run.ts";

/**
 * Integrates how many requests are under way, and beside that adds up how long each of them was: see `Occupancy`. The count is given
 * by whoever carries the requests and the times by the requests themselves, so that neither can hide a mistake of the other. Both
 * change at the same events, which makes the two sums equal to the last digit where nothing is wrong: no sampling error is in them.
 */
export class OccupancyMeter {
  #count = 0;
  #atUs = 0;
  #inFlightUs = 0;
  #residenceUs = 0;

  /** From `atUs` on, `count` are under way. An instant before the last one takes back what was added for the time between. */
  changed(atUs: number, count: number): void {
    this.#inFlightUs += this.#count * (atUs - this.#atUs);
    this.#atUs = atUs;
    this.#count = count;
  }

  /** One that was under way for so long has ended. */
  ended(residenceUs: number): void {
    this.#residenceUs += residenceUs;
  }

  /** What was added up until `atUs`, where `count` are under way; begins again from there. */
  take(atUs: number, count: number): Occupancy {
    this.changed(atUs, count);
    const taken = { inFlightUs: this.#inFlightUs, residenceUs: this.#residenceUs };
    this.#inFlightUs = 0;
    this.#residenceUs = 0;
    return taken;
  }
}
