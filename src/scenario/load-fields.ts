/** The leaves of `load`. */
import { distinct, durationUs, number, oneOf } from "./accept.ts";
import { limits } from "./limits.ts";

export const loadFields = {
  ratePerSec: {
    accepts: number((value) => value > 0 && value <= limits.topRatePerSec),
    expected: "arrivals per second, above 0 and at most 1,000,000",
    write: "ratePerSec: 200",
  },
  multiples: {
    accepts: distinct(
      number((multiple) => multiple > 0 && multiple <= limits.multiple),
      limits.steps,
    ),
    expected: `1 to ${limits.steps} different numbers above 0 and at most 1,000`,
    write: "multiples: [1, 2, 3, 5]",
  },
  hold: { accepts: durationUs(100_000, limits.holdUs), expected: "a duration from 100ms to 24h", write: 'hold: "30s"' },
  warmup: { accepts: durationUs(0, limits.warmupUs), expected: "a duration up to 1h", write: 'warmup: "5s", or "0s" for none' },
  pace: { accepts: oneOf("poisson", "uniform", "burst"), expected: '"poisson", "uniform" or "burst"', write: 'pace: "poisson"' },
  precision: { accepts: oneOf("timer", "spin"), expected: '"timer" or "spin"', write: 'precision: "timer"' },
  stageMultiple: {
    accepts: number((multiple) => multiple >= 0 && multiple <= limits.multiple),
    expected: "a number above 0 and at most 1,000, or 0 for a ramp down to nothing",
    write: "multiple: 3",
  },
  ramp: { accepts: durationUs(100_000, limits.holdUs), expected: "a duration from 100ms to 24h", write: 'ramp: "10s"' },
} as const;
