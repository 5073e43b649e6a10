/**
 * Reads a `Server-Timing` header (W3C Server Timing): `cache;dur=0.1, lab;desc="third party";dur=20`. Calls back with each
 * entry that has a duration, in microseconds. Entries without one, and whatever is malformed, are passed over.
 */
export function readServerTiming(header: string, entry: (name: string, durationUs: number) => void): void {
  for (const part of header.split(",")) {
    const match = /^\s*([\w!#$%&'*+.^`|~-]{1,40})\s*(?:;.*)?;\s*dur\s*=\s*"?(\d{1,12}(?:\.\d+)?)/i.exec(part);
    if (match?.[1] !== undefined) entry(match[1], Number(match[2]) * 1_000);
  }
}
