/** Where the calls of third parties are counted: on the target's metrics page, or by a forwarding proxy that they go through. */
import { Fault } from "../model/fault.ts";
import type { Network, RunPlan } from "../model/plan.ts";
import type { CallMeter } from "../model/safety-rules.ts";
import { opaqueMetric, requestsMetric } from "../proxy/metrics.ts";
import { parseMetrics, type MetricSeries } from "../vitals/prometheus.ts";
import { Scraper } from "../vitals/scrape.ts";
import { adminNetwork, otherNetwork } from "../wire/agent-connect.ts";

/** Where a proxy's API is looked for where the plan has no `faults.api`: Toxiproxy's own default. */
export const defaultProxyApi = "http://127.0.0.1:8474";

/** What to read of which page. */
export interface Metered {
  readonly party: string;
  readonly url: string;
  readonly selector: Selector;
  /** Name of the proxy; null: a counter of the target's own. */
  readonly proxy: string | null;
}

interface Selector {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The calls that a party has got by its meter, or why that cannot be said. */
export type CallsRead = { readonly calls: number; readonly opaque: number } | { readonly reason: string };

/** Address of the API of the proxies that a plan uses. */
export function proxyApiOf({ faults }: Pick<RunPlan, "faults">): string {
  return faults?.api ?? defaultProxyApi;
}

/** Every third party of a plan that has a meter. Throws a usage Fault for one that cannot be read. */
export function meteredParties(plan: Pick<RunPlan, "thirdParties" | "observe" | "admin" | "faults">): Metered[] {
  return Object.entries(plan.thirdParties).flatMap(([party, { meter }]) =>
    meter === undefined ? [] : [meteredBy(party, meter, plan)],
  );
}

function meteredBy(party: string, meter: CallMeter, plan: Pick<RunPlan, "observe" | "admin" | "faults">): Metered {
  if (meter.proxy !== undefined) {
    const selector = { name: requestsMetric, labels: { proxy: meter.proxy } };
    return { party, url: new URL("/metrics", proxyApiOf(plan)).href, selector, proxy: meter.proxy };
  }
  if (plan.observe.prometheus === null) {
    throw new Fault("usage", `thirdParties.${party}.meter names a counter, and there is no page to read it from`, {
      received: `meter: { prometheus: ${JSON.stringify(meter.prometheus)} }`,
      fix: 'observe: { prometheus: "/metrics" }',
    });
  }
  const url = new URL(plan.observe.prometheus, plan.admin).href;
  return { party, url, selector: parseSelector(party, meter.prometheus), proxy: null };
}

/** A selector is a sample's line without its value: `lab_calls_total{host="lab"}`. */
function parseSelector(party: string, text: string): Selector {
  const [series] = parseMetrics(`${text} 0`).series;
  if (series !== undefined && series.value === 0) return series;
  throw new Fault("usage", `thirdParties.${party}.meter names no counter`, {
    received: text,
    expected: 'a name, and labels by their values: lab_calls_total{host="lab"}',
  });
}

/** Reads the pages that the meters of a run are on, each once a time. */
export class MeterPages {
  readonly #metered: readonly Metered[];
  readonly #scrapers: ReadonlyMap<string, Scraper>;

  /** `headers` are the run's tags. Throws a usage Fault where a file of the plan's TLS settings cannot be read. */
  constructor(metered: readonly Metered[], plan: RunPlan, headers: Readonly<Record<string, string>>) {
    const networkOf = ({ proxy }: Metered): Network => (proxy === null ? adminNetwork(plan) : otherNetwork(plan.connections));
    this.#metered = metered;
    this.#scrapers = new Map(metered.map((one) => [one.url, new Scraper(one.url, headers, networkOf(one))]));
  }

  /** What every meter shows now, in the order of the parties. */
  async read(): Promise<CallsRead[]> {
    const pages = new Map(
      await Promise.all([...this.#scrapers].map(async ([url, scraper]) => [url, await scraper.scrape()] as const)),
    );
    return this.#metered.map((metered) => {
      const page = pages.get(metered.url);
      if (page?.up !== true) return { reason: page?.reason ?? "the page was not read" };
      return readFrom(page.page.series, metered);
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#scrapers.values()].map((scraper) => scraper.close()));
  }
}

/** A counter of the target's that is not there yet has not counted yet; a proxy that is not there does not exist. */
function readFrom(series: readonly MetricSeries[], { selector, proxy }: Metered): CallsRead {
  const calls = sumOf(series, selector);
  if (proxy === null) return { calls: calls ?? 0, opaque: 0 };
  if (calls === null) return { reason: `there is no proxy named ${proxy}, or it is no peakproof proxy, which counts requests` };
  return { calls, opaque: sumOf(series, { ...selector, name: opaqueMetric }) ?? 0 };
}

/** Of all series that have the name and at least these labels; null: none has. */
function sumOf(series: readonly MetricSeries[], { name, labels }: Selector): number | null {
  const wanted = Object.entries(labels);
  const found = series.filter((one) => one.name === name && wanted.every(([label, value]) => one.labels[label] === value));
  return found.length === 0 ? null : found.reduce((sum, { value }) => sum + (Number.isFinite(value) ? value : 0), 0);
}
