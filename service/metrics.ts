/** Prometheus metrics. A worker counts for itself; the primary adds the workers up and has the gauges of what it owns. */
import { AggregatorRegistry, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { MetricFigures } from "./messages.ts";

/** From a quick stub to the longest usual timeout, in seconds. */
const laboratoryBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Purposes that get a series of their own; more are "other", since a header must not be able to fill our memory. */
const mostPurposes = 16;

/** What a worker counts. */
export class WorkerMetrics {
  readonly #registry = new Registry();
  readonly #purposes = new Set<string>(["real", "other"]);
  readonly #requests = this.#counter("health_code_requests_total", "Requests answered", ["route", "status", "purpose"]);
  readonly #laboratoryCalls = this.#counter("health_code_laboratory_calls_total", "Calls to the laboratory", ["status"]);
  readonly #laboratorySeconds = new Histogram({
    name: "health_code_laboratory_seconds",
    help: "Time that calls to the laboratory took",
    buckets: laboratoryBuckets,
    registers: [this.#registry],
  });
  readonly rateLimited = this.#counter("health_code_rate_limited_total", "Requests refused by the gateway's limit");
  readonly cacheHits = this.#counter("health_code_cache_hits_total", "Codes whose record was cached");
  readonly cacheMisses = this.#counter("health_code_cache_misses_total", "Codes whose record was not cached");

  request(route: string, status: number, purpose: string): void {
    if (this.#purposes.size < mostPurposes) this.#purposes.add(purpose);
    this.#requests.inc({ route, status, purpose: this.#purposes.has(purpose) ? purpose : "other" });
  }

  /** `status` is that of the reply, or `timeout` or `error` where there was none. */
  laboratoryCall(status: string, seconds: number): void {
    this.#laboratoryCalls.inc({ status });
    this.#laboratorySeconds.observe(seconds);
  }

  figures(): Promise<MetricFigures> {
    return this.#registry.getMetricsAsJSON();
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[] = []): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }
}

/** A gauge that the primary reads when it is asked: one value, or one per value of a label. */
export interface GaugeReading {
  readonly name: string;
  readonly help: string;
  readonly kind?: "gauge" | "counter";
  readonly label?: string;
  /** Key: the label's value; `""` for a gauge without a label. */
  read(): Readonly<Record<string, number>>;
}

/** The page: the workers' figures added up, then the primary's own readings. */
export async function metricsPage(workers: readonly MetricFigures[], readings: readonly GaugeReading[]): Promise<string> {
  const registry = new Registry();
  for (const reading of readings) register(registry, reading);
  return `${await AggregatorRegistry.aggregate([...workers]).metrics()}\n${await registry.metrics()}`;
}

/** Several workers' figures as one worker's: what remains of those that are gone, so that no counter ever falls. */
export async function addUp(figures: readonly MetricFigures[]): Promise<MetricFigures> {
  return AggregatorRegistry.aggregate([...figures]).getMetricsAsJSON();
}

function register(registry: Registry, reading: GaugeReading): void {
  const labelNames = reading.label === undefined ? [] : [reading.label];
  const options = { name: reading.name, help: reading.help, labelNames, registers: [registry] };
  const labelsOf = (key: string): Record<string, string> => (reading.label === undefined ? {} : { [reading.label]: key });
  if (reading.kind === "counter") {
    const counter = new Counter(options);
    for (const [key, value] of Object.entries(reading.read())) counter.inc(labelsOf(key), value);
    return;
  }
  const gauge = new Gauge(options);
  for (const [key, value] of Object.entries(reading.read())) gauge.set(labelsOf(key), value);
}
