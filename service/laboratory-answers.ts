/** What the laboratory answers and how long it takes: pure functions. */
import { hash } from "node:crypto";

/** One sample's result. */
export interface Analysis {
  readonly sample: string;
  readonly result: "negative" | "positive";
  readonly takenAt: string;
}

/** Share of samples that are positive, decided by the sample's id alone. A guess; it only has to be small. */
const positiveShare = 0.02;

/** The analysis of a sample: the same for the same id, but for the time. */
export function analyse(sample: string): Analysis {
  const share = hash("sha256", sample, "buffer").readUInt32LE() / 2 ** 32;
  return { sample, result: share < positiveShare ? "positive" : "negative", takenAt: new Date().toISOString() };
}

/**
 * One draw of a lognormal latency in milliseconds: median x exp(sigma x N), N standard normal by Box and Muller (1958).
 * `random` gives numbers in [0, 1).
 */
export function latencyMs(medianMs: number, sigma: number, random: () => number): number {
  if (sigma === 0 || medianMs === 0) return medianMs;
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return medianMs * Math.exp(sigma * normal);
}
