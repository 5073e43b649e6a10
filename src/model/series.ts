/** `series.ndjson`: one line per second of the run. Events are counted in the second in which they happened. */

export interface LaneSample {
  /** Connect only, microseconds; null: not tried in this second, -1: failed. */
  readonly connectUs: number | null;
  /** Trivial request on a fresh connection. */
  readonly freshUs: number | null;
  /** Trivial request on a kept-alive connection. */
  readonly keptUs: number | null;
}

export interface SeriesPoint {
  /** Start of the second, microseconds since the run's start. */
  readonly t: number;
  /** Index of the step under way, or -1 between steps. */
  readonly step: number;
  readonly due: number;
  readonly dispatched: number;
  readonly sent: number;
  readonly done: number;
  readonly ok: number;
  readonly rejected: number;
  readonly failed: number;
  /** Attempts sent beyond the first ones; absent: none. */
  readonly retries?: number;
  /** In flight (dispatched and not settled) and connections open, at the end of the second. */
  readonly inFlight: number;
  readonly connections: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  /** Response time of what was answered in this second, microseconds; null where nothing was. */
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly max: number | null;
  /** Lag of what was dispatched in this second: the generator's own lateness. */
  readonly lagP99: number | null;
  readonly lanes: LaneSample | null;
}
