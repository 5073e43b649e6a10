/** A latency distribution in microseconds, whatever holds it: buckets in a load thread, or a histogram read from a record. */
export interface Distribution {
  readonly count: number;
  /** Largest recorded value, to the resolution of the histogram; 0 when empty. */
  readonly maxUs: number;
  readonly meanUs: number;
  /** Value at a percentile in (0, 100]; 0 when empty. */
  percentile(percent: number): number;
  /** How many samples are at or below a value. */
  countAtOrBelow(valueUs: number): number;
}

/** One clock of the summary, in microseconds. A percentile with too few samples beyond it to be trusted is null. */
export interface ClockStats {
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly max: number;
  readonly mean: number;
  readonly count: number;
}

/**
 * How many samples a percentile needs before we print it as a judgement: ten beyond it, so that one outlier does not decide
 * (p99: 1,000, p90: 100, p50: 20). A guess in its choice of ten; the p99 figure is the design's.
 */
export function samplesNeeded(percent: number): number {
  return Math.ceil(10 / (1 - percent / 100) - 1e-6);
}

/**
 * The value that `percent` of everything `due` stayed within, where `served` holds what ended `ok`. Whatever did not (unsent,
 * unanswered, rejected, wrong) counts as infinitely late: a 429 after a millisecond is no service, and leaving it out would make the
 * percentile better the more is refused. Null where fewer fell due than the percentile needs.
 */
export function percentileOfDue(served: Distribution | undefined, due: number, percent: number): number | "infinite" | null {
  if (due < samplesNeeded(percent)) return null;
  const rank = Math.ceil((percent / 100) * due - 1e-9);
  if (served === undefined || rank > served.count) return "infinite";
  return served.percentile((rank / served.count) * 100);
}

/** The clock's figures, or null where there is no sample at all. */
export function clockStats(distribution: Distribution | undefined): ClockStats | null {
  if (distribution === undefined || distribution.count === 0) return null;
  const at = (percent: number): number | null =>
    distribution.count >= samplesNeeded(percent) ? distribution.percentile(percent) : null;
  return {
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    max: distribution.maxUs,
    mean: distribution.meanUs,
    count: distribution.count,
  };
}
