import type { VitalSample } from "../../src/model/vitals.ts";
import { formatCount, formatUs } from "../../src/model/units.ts";
import { evidence, no, notEnough, yes, type Rule, type Ruling } from "../rule.ts";
import { trendOf, type Trend } from "../trend.ts";
import { meanOf, type StepView } from "../steps.ts";

/** Items that a queue must gain over the samples of a step: fewer is the breathing of a healthy one. A guess. */
const gainMin = 10;
/** Part of its capacity from which a queue counts as full. A guess. */
const fullShareMin = 0.95;
/** Samples for full confidence. Diagnosis, class 19: at least 30 s at a constant rate. */
const samplesForCertainty = 30;

interface Backlog {
  readonly step: StepView;
  readonly signal: string;
  readonly samples: readonly VitalSample[];
  readonly trend: Trend;
  /** Items that fit; null where no metric says. */
  readonly capacity: number | null;
}

/**
 * A queue of the target grows at a constant rate, or stays full, however fast the replies are: a 202 promises work that is not being done.
 * It is judged at the lowest step where that is so, limit missed or not. Explains: growth per second / what was due per second, the
 * share of the work that piled up (taking one item per request, a guess); for a full queue, 503s / everything that did not end `ok`.
 */
export const queueBacklog: Rule = {
  code: "QUEUE_BACKLOG",
  judge(view) {
    const judged = view.steps.flatMap((step) => depthSignals(step).map((signal) => ({ step, signal })));
    if (judged.length === 0)
      return notEnough("a metric named like a queue's depth: give the metrics page with observe.prometheus");
    const trends = judged.flatMap((one) => backlogOf(one.step, one.signal) ?? []);
    if (trends.length === 0) return notEnough("four samples of the queue's depth within one step");
    const growing = trends.filter((one) => isFull(one) || grows(one));
    const lowest = Math.min(...growing.map(({ step }) => step.step.multiple));
    const [worst] = growing
      .filter(({ step }) => step.step.multiple === lowest)
      .toSorted((a, b) => b.trend.slopePerSec - a.trend.slopePerSec);
    return worst === undefined ? no("no queue grew or stayed full while the rate was constant") : report(worst);
  },
};

/** Metrics that hold a queue's depth, by their names: its limits, totals and timings left out. */
function depthSignals(step: StepView): string[] {
  const names = [...(step.vitals.get("app")?.keys() ?? [])].filter((signal) => signal.startsWith("metric:"));
  return names.filter((signal) => {
    const name = metricName(signal);
    if (/(capacity|limit|max|total|count|sum|bucket|seconds|ms)$/.test(name)) return false;
    return /backlog/.test(name) || (/queue/.test(name) && /depth|length|size|waiting|pending/.test(name));
  });
}

function metricName(signal: string): string {
  return signal.slice("metric:".length).replace(/\{.*$/, "").toLowerCase();
}

function backlogOf(step: StepView, signal: string): Backlog | null {
  const samples = step.vitals.get("app")?.get(signal) ?? [];
  const trend = trendOf(samples);
  return trend === null ? null : { step, signal, samples, trend, capacity: capacityOf(step, signal) };
}

/** Capacity of the same queue: a metric of the same stem that ends in `capacity`, `limit` or `max`. */
function capacityOf(step: StepView, signal: string): number | null {
  const stem = metricName(signal).replace(/_?(depth|length|size|backlog|waiting|pending)$/, "");
  for (const [other, samples] of step.vitals.get("app") ?? []) {
    const name = metricName(other);
    if (name.startsWith(stem) && /(capacity|limit|max)$/.test(name)) return meanOf(samples.map((sample) => sample.value));
  }
  return null;
}

/** The slope's interval lies above 0, the gain matters, and each third of the step lies above the one before: a burst flattens out. */
function grows({ trend, samples }: Backlog): boolean {
  if (trend.lowestPerSec <= 0) return false;
  const third = samples.length / 3;
  const mean = (from: number): number =>
    meanOf(samples.slice(Math.round(from), Math.round(from + third)).map((sample) => sample.value)) ?? 0;
  const [first, second, last] = [mean(0), mean(third), mean(2 * third)];
  return last - first >= (gainMin * 2) / 3 && second > first && last > second;
}

/** A queue that has filled up no longer grows: at the step's end it is at its capacity. */
function isFull({ samples, capacity }: Backlog): boolean {
  return capacity !== null && capacity > 0 && (samples.at(-1)?.value ?? 0) >= fullShareMin * capacity;
}

function report(backlog: Backlog): Ruling {
  const { step, signal, trend, capacity } = backlog;
  const name = signal.slice("metric:".length);
  const leftSec = capacity === null || isFull(backlog) ? null : Math.max(0, capacity - trend.last) / trend.slopePerSec;
  const growth = `grows by ${formatCount(Number(trend.slopePerSec.toPrecision(2)))} a second at ${step.step.multiple}x`;
  const until = leftSec === null ? "" : ` and is full after another ${formatUs(leftSec * 1e6)}`;
  const clause = isFull(backlog) ? `${name} is full at ${step.step.multiple}x` : `${name} ${growth}${until}`;
  return yes(
    {
      code: "QUEUE_BACKLOG",
      severity: "problem",
      confidence: Math.min(0.95, 0.6 + (0.35 * trend.samples) / samplesForCertainty), // a guess
      explains: Math.max(trend.slopePerSec / step.step.ratePerSec, isFull(backlog) ? refusedShare(step) : 0),
      evidence: [
        evidence(`app ${signal}, slope`, trend.slopePerSec, 0, "1/s", step.window),
        evidence(`app ${signal}, lower end of the slope's 95 % interval`, trend.lowestPerSec, 0, "1/s", step.window),
        evidence(`app ${signal}, at the step's end`, backlog.samples.at(-1)?.value ?? 0, capacity, "items", step.window),
        ...(leftSec === null ? [] : [evidence("projected time until the queue is full", leftSec, null, "s", step.window)]),
      ],
      advice:
        `${clause}: work comes in faster than it is done. Add consumers or let them work in batches, and bound the queue so that it ` +
        "refuses rather than promises. Then hold the step, stop the load and watch the depth: how fast it falls is what the " +
        "consumers can do.",
    },
    clause,
  );
}

function refusedShare({ tally }: StepView): number {
  return (tally.errors["status:503"] ?? 0) / Math.max(1, tally.due - tally.ok);
}
