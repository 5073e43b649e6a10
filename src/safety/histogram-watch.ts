import { formatCount, formatShare } from "../model/units.ts";
import type { HistogramRule } from "./abort-rules.ts";
import { isSeriesOf } from "./metric-series.ts";
import { SlidingWindow } from "./sliding-window.ts";

/** Observations that a window must hold before it says anything, and how many of them must be slow: as for the run's own requests. */
const countLeast = 20;
const slowLeast = 3;

/**
 * Holds a Prometheus histogram against a rule on its percentile: by how its cumulative buckets grow from scrape to scrape, so that only
 * what happened within the window counts. The limit is taken up to the next bucket's bound; above the last one, nothing can be told.
 */
export class HistogramWatch {
  readonly rule: HistogramRule;
  readonly #window: SlidingWindow;
  /** The scrape under way: its instant, and by how much the buckets grew, by their bound. */
  #t: number | null = null;
  #grown = new Map<number, number>();
  /** Each series as it was last seen. */
  readonly #seen = new Map<string, number>();
  #isFirst = true;

  constructor(rule: HistogramRule) {
    this.rule = rule;
    this.#window = new SlidingWindow(rule.windowSec);
  }

  /** No scrape has shown it. */
  get isUnseen(): boolean {
    return this.#seen.size === 0;
  }

  /** A sample of any kind comes: what came at an earlier instant is complete. Says why the rule fires, or null. */
  arrives(t: number): string | null {
    if (this.#t === null || this.#t === t) return null;
    const reason = this.#judge(this.#t);
    this.#t = null;
    this.#grown = new Map();
    this.#isFirst = false;
    return reason;
  }

  /** A bucket of a series. A counter that falls was started again, and one that is new began at nothing. */
  bucket(t: number, signal: string, value: number): void {
    const bound = boundOf(signal);
    if (bound === null) return;
    const before = this.#seen.get(signal) ?? (this.#isFirst ? value : 0);
    this.#t = t;
    this.#seen.set(signal, value);
    this.#grown.set(bound, (this.#grown.get(bound) ?? 0) + (value >= before ? value - before : value));
  }

  concerns(signal: string): boolean {
    return isSeriesOf({ name: `${this.rule.name}_bucket`, labels: this.rule.labels }, signal);
  }

  #judge(t: number): string | null {
    const { text, limit, share, isUntagged } = this.rule;
    const bound = [...this.#grown.keys()]
      .filter((each) => each >= limit)
      .reduce((least, each) => Math.min(least, each), Infinity);
    const count = this.#grown.get(Infinity) ?? 0;
    const seen = this.#window.add(t, { count, bad: count - (this.#grown.get(bound) ?? count) }, "sum");
    if (seen === null || seen.count < countLeast || seen.bad < slowLeast || !(seen.bad > share * seen.count)) return null;
    const slow = `${formatShare(seen.bad / seen.count)} of ${formatCount(seen.count)} took longer`;
    return `${isUntagged ? "untagged traffic degraded: " : ""}"${text}": ${slow}`;
  }
}

/** The upper bound that a bucket's label names; null where it has none. */
function boundOf(signal: string): number | null {
  const le = /[{,]le="([^"]*)"/.exec(signal)?.[1];
  if (le === undefined) return null;
  const bound = le === "+Inf" ? Infinity : Number(le);
  return Number.isNaN(bound) ? null : bound;
}
