/** A step's figures as text and picture show them. */
import type { Estimate, SaturationStep } from "../model/saturation.ts";
import { formatCount, formatUs } from "../model/units.ts";

/** X: accepted replies per second. */
export function perSec({ ok, windowUs }: SaturationStep): number {
  return (ok / windowUs) * 1e6;
}

/** The median round of the trivial lane, microseconds; Infinity where that was not answered, null where none was sent. */
export function pingUs({ pingUs }: SaturationStep): number | null {
  const sorted = pingUs.map((round) => (round < 0 ? Infinity : round)).toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}

/** A latency, or `-` where there is none. */
export function formatLatency(us: number | null): string {
  return us === null ? "-" : formatUs(us);
}

/** `79.3/s (77.1 to 81.5)`. */
export function formatEstimate({ value, low, high }: Estimate, format: (value: number) => string): string {
  return `${format(value)} (${format(low)} to ${format(high)})`;
}

/** Three significant digits. */
export function rounded(value: number): string {
  return formatCount(Number(value.toPrecision(3)));
}
