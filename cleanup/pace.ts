/** Requests one after the other in time, and a few at once: a sweep must not be a load. */
import type { SweepClock } from "./clock.ts";

/** Lets so many go per second, none of them early and none of them to make up for a pause. */
export class Pace {
  readonly #intervalUs: number;
  readonly #clock: SweepClock;
  #nextUs = Number.NEGATIVE_INFINITY;

  constructor(ratePerSec: number, clock: SweepClock) {
    this.#intervalUs = 1_000_000 / ratePerSec;
    this.#clock = clock;
  }

  /** Waits for its turn. Rejects as soon as the signal is aborted. */
  async turn(signal?: AbortSignal): Promise<void> {
    const nowUs = this.#clock.nowUs();
    const atUs = Math.max(nowUs, this.#nextUs);
    this.#nextUs = atUs + this.#intervalUs;
    if (atUs > nowUs) await this.#clock.sleep(atUs - nowUs, signal);
  }

  /** Nobody's turn comes before so long: the target has asked for it. */
  hold(us: number): void {
    this.#nextUs = Math.max(this.#nextUs, this.#clock.nowUs() + us);
  }
}

/**
 * Does `work` for what `take` gives, until it gives null, so many at once. The first failure ends it, after what is under way, and is
 * thrown then.
 */
export async function atOnce<Item>(
  lanes: number,
  take: () => Promise<Item | null>,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const course = { failed: false };
  const lane = async (): Promise<void> => {
    while (!course.failed) {
      const item = await take();
      if (item === null) return;
      await work(item);
    }
  };
  const ends = Array.from({ length: lanes }, () =>
    lane().catch((thrown: unknown) => {
      course.failed = true;
      throw thrown;
    }),
  );
  const results = await Promise.allSettled(ends);
  const broken = results.find((result) => result.status === "rejected");
  if (broken !== undefined) throw broken.reason;
}
