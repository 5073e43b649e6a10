/** The metrics page: the workers' last known figures and the primary's own readings. */
import type { Crew } from "./crew.ts";
import type { Answer, MetricFigures } from "./messages.ts";
import { addUp, metricsPage, type GaugeReading } from "./metrics.ts";
import type { WriteQueue } from "./queue.ts";
import type { Writer } from "./writer.ts";

/** A worker busier than this does not hold up the page: its last known figures stand in. */
const workerAnswerMs = 300;

type Figures = Extract<Answer, { kind: "figures" }>;

/** What `/metrics` answers. */
export class FiguresPage {
  readonly #crew: Crew;
  readonly #readings: readonly GaugeReading[];
  /** By worker; those of a worker that is gone move to `#retired` with the next page. */
  readonly #known = new Map<number, Figures>();
  #retired: MetricFigures = [];
  #gone: number[] = [];

  constructor(crew: Crew, writer: Writer, queue: WriteQueue) {
    this.#crew = crew;
    this.#readings = [...queueReadings(queue), storeReading(writer), ...this.#workerReadings()];
  }

  async text(): Promise<string> {
    const { byWorker } = await this.#crew.ask({ kind: "figures" }, workerAnswerMs);
    for (const [worker, answer] of byWorker) if (answer.kind === "figures") this.#known.set(worker, answer);
    await this.#retire();
    return metricsPage([this.#retired, ...[...this.#known.values()].map((each) => each.metrics)], this.#readings);
  }

  /** A worker has ended. */
  forget(worker: number): void {
    this.#gone.push(worker);
  }

  async #retire(): Promise<void> {
    const gone = this.#gone.splice(0).flatMap((worker) => {
      const figures = this.#known.get(worker);
      this.#known.delete(worker);
      return figures === undefined ? [] : [figures.metrics];
    });
    if (gone.length > 0) this.#retired = await addUp([this.#retired, ...gone]);
  }

  #workerReadings(): GaugeReading[] {
    const perWorker = (name: string, gauge: string, help: string): GaugeReading => ({
      name: `health_code_${name}`,
      help,
      label: "worker",
      read: () => Object.fromEntries([...this.#known].map(([id, each]) => [this.#crew.placeOf(id), each.gauges[gauge] ?? 0])),
    });
    return [
      perWorker(
        "event_loop_utilization",
        "eventLoopShare",
        "Share of time that a worker's event loop was busy since the last page",
      ),
      perWorker("store_pool_in_use", "poolInUse", "Store connections of a worker that are in use"),
      perWorker("store_pool_waiting", "poolWaiting", "Requests of a worker that wait for a store connection"),
      perWorker("cache_entries", "cacheEntries", "Records in a worker's cache"),
    ];
  }
}

function queueReadings(queue: WriteQueue): GaugeReading[] {
  const one = (name: string, help: string, value: () => number, kind: "gauge" | "counter" = "gauge"): GaugeReading => ({
    name: `health_code_queue_${name}`,
    help,
    kind,
    read: () => ({ "": value() }),
  });
  return [
    one("depth", "Check-ins that wait to be stored", () => queue.depth),
    one("capacity", "Check-ins that may wait", () => queue.capacity),
    one("oldest_age_seconds", "How long the oldest one has waited", () => queue.oldestAgeSeconds(performance.now())),
    one("accepted_total", "Check-ins accepted", () => queue.accepted, "counter"),
    one("consumed_total", "Check-ins taken by the consumer", () => queue.consumed, "counter"),
    one("dropped_total", "Check-ins dropped since their run was swept", () => queue.dropped, "counter"),
  ];
}

function storeReading(writer: Writer): GaugeReading {
  return {
    name: "health_code_store_rows",
    help: "Rows in the store, by whether they carry a synthetic run",
    label: "tagged",
    read: () => ({ yes: writer.rows.tagged, no: writer.rows.untagged }),
  };
}
