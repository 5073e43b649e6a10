/** `samples.ndjson`: the first replies of each error key, and the slowest requests; redacted and truncated. */
export interface RequestSample {
  readonly t: number;
  readonly why: "error" | "slow";
  /** Error key; null for a slow but good one. */
  readonly key: string | null;
  readonly step: number;
  readonly operation: string;
  readonly request: string;
  readonly status: number | null;
  readonly responseUs: number | null;
  readonly traceId: string;
  /** At most 1,000 characters of the reply. */
  readonly reply: string;
}
