/**
 * Rules that stop a run by themselves, as a scenario writes them:
 *
 * - `[<operation>] errors > <percent>% for <seconds>`: of what ended, refusals (429, 503) among them;
 * - `[<operation>] [response] p<percentile> > <duration> for <seconds>`: what was never answered counts as slower than anything;
 * - `lane p<percentile> > <duration> for <seconds>`: the lane's trivial request on a kept connection, which is nobody's load;
 * - `metric <series> > <number> for <seconds>`, or `<`: a series of the page of `observe.prometheus`, `queue_depth` or
 *   `http_request_seconds{purpose="real",quantile="0.99"}`; every series that has these labels is watched, and one is enough;
 * - `metric <histogram> p<percentile> > <duration> for <seconds>`: of what a Prometheus histogram observed within the window, in seconds
 *   as Prometheus would have it, or in milliseconds where its name ends so; `http_request_duration_seconds{purpose="real"}`;
 * - `untagged` instead of `metric`: the same, for what real users' traffic makes; the reason says so.
 */
import { Fault } from "../model/fault.ts";
import type { RunPlan } from "../model/plan.ts";
import { parseDurationUs } from "../model/units.ts";

interface RuleWindow {
  /** As written, spaces folded. */
  readonly text: string;
  readonly windowSec: number;
}

/** Too large a share of requests was bad. */
export interface RequestRule extends RuleWindow {
  readonly kind: "requests";
  /** Null: all of them. */
  readonly operation: string | null;
  /** Share in [0, 1] that may be bad. */
  readonly share: number;
  /** Above it a response is bad, microseconds; null: errors are bad, however fast. */
  readonly limitUs: number | null;
}

export interface LaneRule extends RuleWindow {
  readonly kind: "lane";
  readonly share: number;
  readonly limitUs: number;
}

export interface MetricRule extends RuleWindow {
  readonly kind: "metric";
  readonly isUntagged: boolean;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly isBelow: boolean;
  readonly limit: number;
}

/** The percentile of a Prometheus histogram. */
export interface HistogramRule extends RuleWindow {
  readonly kind: "histogram";
  readonly isUntagged: boolean;
  /** Without `_bucket`. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Share in [0, 1] that may take longer than the limit. */
  readonly share: number;
  /** In the unit of its buckets. */
  readonly limit: number;
}

export type AbortRule = RequestRule | LaneRule | MetricRule | HistogramRule;

/** What a rule may speak of. */
export interface AbortContext {
  readonly operations: readonly string[];
  readonly hasLanes: boolean;
  readonly hasMetrics: boolean;
}

/**
 * What stops a run whose scenario says nothing: half a minute in which nothing came but errors. A target that is down learns nothing from
 * more load, and may need the quiet to come up again; one that is merely overloaded answers now and then. The half minute is a guess:
 * longer than a restart of one process behind a load balancer, and than any hold that is meant to overload for a moment.
 */
export const defaultAbortRules: readonly string[] = ["errors > 99% for 30s"];

/** The rules of a run. Throws Fault `usage`, as {@link parseAbortRules} does. */
export function abortRulesOf({ safety, operations, lanes, observe }: AbortPlan): AbortRule[] {
  const context = {
    operations: operations.map(({ name }) => name),
    hasLanes: lanes !== null,
    hasMetrics: observe.prometheus !== null,
  };
  return parseAbortRules(safety?.abort ?? defaultAbortRules, context);
}

/** What of a plan its abort rules depend on. */
export type AbortPlan = Pick<RunPlan, "safety" | "operations" | "lanes" | "observe">;

/** Indexes of the operations that rules speak of by name. */
export function watchedOperations(plan: AbortPlan): number[] {
  const named = new Set(abortRulesOf(plan).flatMap((rule) => (rule.kind === "requests" ? [rule.operation] : [])));
  return plan.operations.flatMap(({ name }, index) => (named.has(name) ? [index] : []));
}

/** Names, as a metrics page has them, of what rules speak of. */
export function watchedMetrics(plan: AbortPlan): Set<string> {
  const rules = abortRulesOf(plan);
  return new Set(
    rules.flatMap((rule) => (rule.kind === "metric" ? [rule.name] : rule.kind === "histogram" ? [`${rule.name}_bucket`] : [])),
  );
}

/** Longest window: what a person would watch before reaching for Ctrl-C. A guess. */
const longestWindowSec = 600;

export const abortExamples =
  '"errors > 50% for 5s", "scan p99 > 5s for 10s", "lane p99 > 1s for 5s" or "metric queue_depth > 10000 for 3s"';

/** The rules that texts state. Throws Fault `usage` naming every one that cannot be used, and why. */
export function parseAbortRules(texts: readonly string[], context: AbortContext): AbortRule[] {
  const read = texts.map((text) => readAbortRule(text, context));
  const faults = read.flatMap((rule, at) => (typeof rule === "string" ? [`"${texts[at]}" ${rule}`] : []));
  if (faults.length > 0) {
    throw new Fault("usage", `safety.abort cannot be used: ${faults.join("; ")}`, { expected: abortExamples });
  }
  return read.filter((rule) => typeof rule !== "string");
}

/** The rule that a text states, or what is wrong with it, to be read after the text. */
export function readAbortRule(raw: string, context: AbortContext): AbortRule | string {
  const text = raw.trim().replace(/\s+/g, " ");
  const [, condition, duration] = /^(.+) for (\S+)$/.exec(text) ?? [];
  if (condition === undefined || duration === undefined) return 'does not end in a window such as "for 5s"';
  const windowSec = (parseDurationUs(duration) ?? 0) / 1_000_000;
  if (!Number.isInteger(windowSec) || windowSec < 1 || windowSec > longestWindowSec)
    return `has a window of ${duration}: it must be whole seconds, from 1s to ${longestWindowSec}s`;
  const window = { text, windowSec };
  if (/^(?:metric|untagged)\b/.test(condition)) return metricRule(condition, window, context);
  return requestRule(condition, window, context);
}

const requestGrammar =
  /^(?:(?<subject>[\w-]+) )?(?:errors ?> ?(?<share>\d+(?:\.\d+)?) ?%|(?:response )?p(?<percent>\d+(?:\.\d+)?) ?> ?(?<limit>\d[\d.]* ?[a-z]+))$/;

function requestRule(condition: string, window: RuleWindow, context: AbortContext): AbortRule | string {
  const groups = requestGrammar.exec(condition)?.groups;
  if (groups === undefined) return "is no rule";
  const { subject = null, share, percent, limit = "" } = groups;
  if (share !== undefined) return shareRule(Number(share) / 100, subject, window, context);
  const limitUs = parseDurationUs(limit.replace(" ", ""));
  const most = 1 - Number(percent) / 100;
  if (limitUs === undefined) return `has a limit of ${limit}, which is no duration`;
  if (!(most > 0 && most < 1)) return `asks for p${percent}: a percentile lies between 0 and 100`;
  if (subject === "lane") {
    return context.hasLanes ? { kind: "lane", ...window, share: most, limitUs } : 'needs lanes: { trivial: "/ping" }';
  }
  return unknown(subject, context) ?? { kind: "requests", ...window, operation: subject, share: most, limitUs };
}

function shareRule(share: number, subject: string | null, window: RuleWindow, context: AbortContext): AbortRule | string {
  if (share >= 1) return "never holds: nothing is over 100 %";
  return unknown(subject, context) ?? { kind: "requests", ...window, operation: subject, share, limitUs: null };
}

function unknown(subject: string | null, { operations }: AbortContext): string | null {
  if (subject === null || operations.includes(subject)) return null;
  return `speaks of ${subject}, which is no operation: there are ${operations.join(", ")}`;
}

const metricGrammar =
  /^(?<word>metric|untagged) (?<name>[a-zA-Z_:][\w:]*) ?(?:\{(?<labels>.*)\})? ?(?:p(?<percent>\d+(?:\.\d+)?) ?> ?(?<duration>\d[\d.]* ?[a-z]+)|(?<sign>[<>]) ?(?<limit>[+-]?\d[\d.]*(?:e[+-]?\d+)?))$/i;

function metricRule(condition: string, window: RuleWindow, { hasMetrics }: AbortContext): AbortRule | string {
  const groups = metricGrammar.exec(condition)?.groups ?? {};
  const { word, name, labels: list = "", percent, duration = "", sign, limit } = groups;
  const labels = labelsIn(list);
  if (name === undefined || labels === null || (percent === undefined && !Number.isFinite(Number(limit))))
    return 'is no rule on a series, such as metric queue_depth{queue="reports"} > 10000 for 3s';
  if (!hasMetrics) return 'needs observe: { prometheus: "/metrics" }';
  const isUntagged = word === "untagged";
  if (percent !== undefined) {
    const limitUs = parseDurationUs(duration.replace(" ", ""));
    const share = 1 - Number(percent) / 100;
    if (limitUs === undefined) return `has a limit of ${duration}, which is no duration`;
    if (!(share > 0 && share < 1)) return `asks for p${percent}: a percentile lies between 0 and 100`;
    const unitUs = /(?:_ms|_milliseconds)$/.test(name) ? 1_000 : 1_000_000;
    return { kind: "histogram", ...window, isUntagged, name, labels, share, limit: limitUs / unitUs };
  }
  return { kind: "metric", ...window, isUntagged, name, labels, isBelow: sign === "<", limit: Number(limit) };
}

const labelGrammar = /^ ?([a-zA-Z_]\w*) ?= ?"((?:[^"\\]|\\.)*)" ?(?:,|$)/;

/** The labels between the braces, or null where they are none. */
function labelsIn(list: string): Record<string, string> | null {
  const labels: [string, string][] = [];
  for (let rest = list; rest.trim() !== "";) {
    const [whole, name = "", value = ""] = labelGrammar.exec(rest) ?? [];
    if (whole === undefined) return null;
    labels.push([name, value.replace(/\\(["\\])/g, "$1")]);
    rest = rest.slice(whole.length);
  }
  return Object.fromEntries(labels);
}
