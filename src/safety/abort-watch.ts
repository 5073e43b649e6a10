import type { LaneSample } from "../model/series.ts";
import type { VitalSample } from "../model/vitals.ts";
import { formatCount, formatShare, formatUs } from "../model/units.ts";
import type { AbortRule, LaneRule, MetricRule, RequestRule } from "./abort-rules.ts";
import { HistogramWatch } from "./histogram-watch.ts";
import { isSeriesOf } from "./metric-series.ts";
import { SlidingWindow, type Share } from "./sliding-window.ts";

/** Requests that must have ended within a window before it says anything. */
const requestsLeast = 20;
/** Of them, or of the samples of a lane or a metric, as many must be bad, or all where the window holds fewer: one failure of three is chance. */
const badLeast = 3;

/** Requests that ended within a second. */
export interface Ended {
  readonly count: number;
  /** Neither ok: refused or failed. */
  readonly errors: number;
  /** Those with no complete answer. */
  readonly unanswered: number;
  /** Answers that took longer than this. */
  slowerThan(limitUs: number): number;
}

/** A second of the load. `t` is its start, microseconds since the run's start. */
export interface WatchedSecond {
  readonly t: number;
  readonly all: Ended;
  /** By name: those that rules speak of. */
  readonly operations: ReadonlyMap<string, Ended>;
  readonly lanes: LaneSample | null;
}

interface Watched<Rule> {
  readonly rule: Rule;
  readonly window: SlidingWindow;
}

interface Concerned {
  readonly metrics: readonly Watched<MetricRule>[];
  readonly histograms: readonly HistogramWatch[];
}

/**
 * Holds a run against its abort rules, second by second and sample by sample. Each says the reason of the first rule that fires, or
 * null. A rule fires once its window has been seen in full and, over all of it, too much was bad; of a metric, every sample.
 */
export class AbortWatch {
  readonly #requests: readonly Watched<RequestRule>[];
  readonly #lanes: readonly Watched<LaneRule>[];
  readonly #metrics: readonly Watched<MetricRule>[];
  readonly #histograms: readonly HistogramWatch[];
  /** Which rules a signal concerns: a page has hundreds, and they are the same each second. */
  readonly #concerned = new Map<string, Concerned>();
  /** Seconds for which the lane's request has been under way without an answer. */
  #silentSec = 0;

  constructor(rules: readonly AbortRule[]) {
    const watch = <Rule extends AbortRule>(rule: Rule): Watched<Rule> => ({ rule, window: new SlidingWindow(rule.windowSec) });
    this.#requests = rules.filter((rule) => rule.kind === "requests").map(watch);
    this.#lanes = rules.filter((rule) => rule.kind === "lane").map(watch);
    this.#metrics = rules.filter((rule) => rule.kind === "metric").map(watch);
    this.#histograms = rules.filter((rule) => rule.kind === "histogram").map((rule) => new HistogramWatch(rule));
  }

  second(second: WatchedSecond): string | null {
    const ofRequests = this.#requests.map((watched) => judgeRequests(watched, second));
    return ofRequests.find((reason) => reason !== null) ?? this.#lane(second);
  }

  /** A vital of the run; those that no rule speaks of cost a look into a map. */
  vital({ t, signal, value }: VitalSample): string | null {
    const ofHistograms = this.#histograms.map((histogram) => histogram.arrives(t)).find((reason) => reason !== null);
    if (ofHistograms !== undefined) return ofHistograms;
    if (!signal.startsWith("metric:") || this.#metrics.length + this.#histograms.length === 0) return null;
    const { metrics, histograms } = this.#concernedBy(signal);
    for (const histogram of histograms) histogram.bucket(t, signal, value);
    return metrics.map((watched) => judgeMetric(watched, t, value)).find((reason) => reason !== null) ?? null;
  }

  /** Rules of which no series has been seen so far: they watch nothing. */
  unseen(): string[] {
    const metrics = this.#metrics.filter(({ window }) => window.isEmpty);
    return [...metrics, ...this.#histograms.filter(({ isUnseen }) => isUnseen)].map(({ rule }) => rule.text);
  }

  #concernedBy(signal: string): Concerned {
    const known = this.#concerned.get(signal);
    if (known !== undefined) return known;
    const metrics = this.#metrics.filter(({ rule }) => isSeriesOf(rule, signal));
    const concerned = { metrics, histograms: this.#histograms.filter((histogram) => histogram.concerns(signal)) };
    this.#concerned.set(signal, concerned);
    return concerned;
  }

  #lane({ t, lanes }: WatchedSecond): string | null {
    const us = lanes?.keptUs ?? null;
    this.#silentSec = us === null ? this.#silentSec + 1 : 0;
    for (const { rule, window } of this.#lanes) {
      const isBad = us === null ? this.#silentSec * 1_000_000 > rule.limitUs : us < 0 || us > rule.limitUs;
      // A request that is still under way, and not yet for too long, says nothing.
      const count = us !== null || isBad ? 1 : 0;
      const share = window.add(t, { count, bad: Number(isBad) }, "sum");
      if (share !== null && share.bad > rule.share * share.count && share.bad >= Math.min(badLeast, rule.windowSec))
        return `"${rule.text}": the lane ${us === null || us < 0 ? "does not answer" : `took ${formatUs(us)}`}`;
    }
    return null;
  }
}

/** Several series of one scrape are one sample, which the worst of them decides. */
function judgeMetric({ rule, window }: Watched<MetricRule>, t: number, value: number): string | null {
  const isBad = rule.isBelow ? value < rule.limit : value > rule.limit;
  const share = window.add(t, { count: 1, bad: Number(isBad) }, "worst");
  if (share === null || share.bad < share.count || share.bad < Math.min(badLeast, rule.windowSec)) return null;
  return `${rule.isUntagged ? "untagged traffic degraded: " : ""}"${rule.text}": ${rule.name} is ${formatCount(value)}`;
}

function judgeRequests({ rule, window }: Watched<RequestRule>, { t, all, operations }: WatchedSecond): string | null {
  const ended = rule.operation === null ? all : operations.get(rule.operation);
  const share = window.add(t, ended === undefined ? { count: 0, bad: 0 } : shareOf(rule, ended), "sum");
  if (share === null || share.count < requestsLeast || share.bad < badLeast || !(share.bad > rule.share * share.count))
    return null;
  const bad =
    rule.limitUs === null ? "failed or were refused" : `took longer than ${formatUs(rule.limitUs)}, or were not answered`;
  return `"${rule.text}": ${formatShare(share.bad / share.count)} of ${formatCount(share.count)} requests ${bad}`;
}

/** Of a percentile it is enough to count: p99 is over its limit where more than 1 % is. */
function shareOf({ limitUs }: RequestRule, ended: Ended): Share {
  return { count: ended.count, bad: limitUs === null ? ended.errors : ended.unanswered + ended.slowerThan(limitUs) };
}
