/** A straight line through samples, by ordinary least squares. */
export interface Trend {
  readonly slopePerSec: number;
  /** Lower end of the slope's 95 % interval. */
  readonly lowestPerSec: number;
  /** Value of the line at the last sample. */
  readonly last: number;
  readonly samples: number;
}

/** Fewest samples that a line is drawn through: what a step of five seconds gives. Its interval is wide then. */
const samplesMin = 4;

/**
 * The line through (t in microseconds, value), or null with too few samples. The interval uses Student's t, approximated by
 * 1.96 + 2.4 / f + 4.6 / f^2 for f degrees of freedom (within 3 % and never below from f = 2 on). It takes the samples for independent, which a queue's
 * depth is not, so callers ask for more than an interval above 0.
 */
export function trendOf(samples: readonly { readonly t: number; readonly value: number }[]): Trend | null {
  const count = samples.length;
  if (count < samplesMin) return null;
  const meanSec = samples.reduce((sum, sample) => sum + sample.t, 0) / count / 1e6;
  const meanValue = samples.reduce((sum, sample) => sum + sample.value, 0) / count;
  let spread = 0;
  let together = 0;
  for (const { t, value } of samples) {
    spread += (t / 1e6 - meanSec) ** 2;
    together += (t / 1e6 - meanSec) * (value - meanValue);
  }
  if (spread === 0) return null;
  const slopePerSec = together / spread;
  const at = (t: number): number => meanValue + slopePerSec * (t / 1e6 - meanSec);
  const residual = samples.reduce((sum, { t, value }) => sum + (value - at(t)) ** 2, 0);
  const freedom = count - 2;
  const student = 1.96 + 2.4 / freedom + 4.6 / freedom ** 2;
  const error = Math.sqrt(residual / freedom / spread);
  const lastT = Math.max(...samples.map((sample) => sample.t));
  return { slopePerSec, lowestPerSec: slopePerSec - student * error, last: at(lastT), samples: count };
}
