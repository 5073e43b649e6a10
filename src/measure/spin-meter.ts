/**
 * A turn in which nothing was sent or settled was idle, unless it took longer than this: then something else was done in it (a part of
 * a long body, a collection of garbage), or somebody else had the core. An empty turn takes some 2 us. A guess.
 */
const idleTurnMaxUs = 50;

/** Tells how busy a loop is that spins: the event loop's own utilisation says 1, since a turn without work is no waiting to it. */
export class SpinMeter {
  #turnedUs: number;
  #sinceUs: number;
  #busyUs = 0;
  #events = 0;

  constructor(nowUs: number) {
    this.#turnedUs = this.#sinceUs = nowUs;
  }

  /** Begins a turn. `events` is any count that changes whenever something was done. */
  turn(nowUs: number, events: number): void {
    const tookUs = nowUs - this.#turnedUs;
    if (events !== this.#events || tookUs > idleTurnMaxUs) this.#busyUs += tookUs;
    this.#turnedUs = nowUs;
    this.#events = events;
  }

  /** Share of the time since the last question that went into turns with work. */
  take(nowUs: number): number {
    const spanUs = nowUs - this.#sinceUs;
    const share = spanUs > 0 ? Math.min(1, this.#busyUs / spanUs) : 0;
    this.#sinceUs = nowUs;
    this.#busyUs = 0;
    return share;
  }
}
