/** Time as the sweep sees it: replaceable, so that tests judge waits without waiting. */
import { setTimeout as wait } from "node:timers/promises";
import { monotonicUs } from "../src/measure/clock.ts";

export interface SweepClock {
  /** Microseconds since an arbitrary instant; never goes back. */
  nowUs(): number;
  /** Waits; rejects as soon as the signal is aborted. */
  sleep(us: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: SweepClock = {
  nowUs: monotonicUs,
  sleep: async (us, signal) => wait(us / 1_000, undefined, signal === undefined ? {} : { signal }),
};
