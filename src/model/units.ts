/** Durations as people write them. Inside the product every duration is a number whose name ends in its unit. */

const usPer: Record<string, number> = { us: 1, ms: 1_000, s: 1_000_000, m: 60_000_000, h: 3_600_000_000, d: 86_400_000_000 };

/** `"250ms"`, `"30s"`, `"1.5m"`, `"2h"`, `"7d"` as microseconds; undefined where the text is no duration. */
export function parseDurationUs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(us|ms|s|m|h|d)$/.exec(text.trim());
  const factor = match?.[2] === undefined ? undefined : usPer[match[2]];
  return factor === undefined ? undefined : Math.round(Number(match?.[1]) * factor);
}

/** Microseconds for people, three significant digits: `850 us`, `1.23 ms`, `45.6 ms`, `2.1 s`, `3 m 20 s`. */
export function formatUs(us: number): string {
  if (!Number.isFinite(us)) return "never";
  if (us < 1_000) return `${Math.round(us)} us`;
  if (us < 1_000_000) return `${Number((us / 1_000).toPrecision(3))} ms`;
  if (us < 120_000_000) return `${Number((us / 1_000_000).toPrecision(3))} s`;
  const seconds = Math.round(us / 1_000_000);
  return `${Math.floor(seconds / 60)} m ${seconds % 60} s`;
}

/** A count or rate with thousands separators and at most three significant decimals below 100: `12,345`, `98.7`, `0.25`. */
export function formatCount(value: number): string {
  if (!Number.isFinite(value)) return "-";
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}

/** A share in [0, 1] as a percentage with at most two decimals. */
export function formatShare(share: number): string {
  return `${Number((share * 100).toFixed(share < 0.1 ? 2 : 1))} %`;
}

/** The singular or plural of a noun with its number: `1 row`, `12,000 rows`. */
export function countOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}
