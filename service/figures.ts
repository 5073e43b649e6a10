/** The metrics page: the workers' last known figures and the primary's own readings. */
import { setTimeout as delay } from "node:timers/promises";
import type { Crew } from "./crew.ts";
import type { Answer, MetricFigures } from "./messages.ts";
import { addUp, metricsPage, type GaugeReading } from "./metrics.ts";
import type { CheckinQueue, QueueFigures } from "./queue.ts";
import type { Store } from "./store.ts";

/** A worker, or a store, busier than this does not hold up the page: its last known figures stand in. */
const workerAnswerMs = 300;

type Figures = Extract<Answer, { kind: "figures" }>;

/** What `/metrics` answers. */
export class FiguresPage {
  readonly #crew: Crew;
  readonly #store: Store;
  readonly #queue: CheckinQueue;
  /** As they were last told. */
  #rows = { tagged: 0, untagged: 0 };
  #queueFigures: QueueFigures = { depth: 0, oldestAgeSeconds: 0, accepted: 0, consumed: 0, dropped: 0 };
  /** The question after both that is open. */
  #asking: Promise<void> | undefined;
  /** By worker; those of a worker that is gone move to `#retired` with the next page. */
  readonly #known = new Map<number, Figures>();
  #retired: MetricFigures = [];
  #gone: number[] = [];

  constructor(crew: Crew, store: Store, queue: CheckinQueue) {
    this.#crew = crew;
    this.#store = store;
    this.#queue = queue;
  }

  async text(): Promise<string> {
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
    const others = Promise.race([this.#asking, delay(workerAnswerMs, undefined, { ref: false })]);
    const { byWorker } = await this.#crew.ask({ kind: "figures" }, workerAnswerMs);
    await others;
    for (const [worker, answer] of byWorker) if (answer.kind === "figures") this.#known.set(worker, answer);
    await this.#retire();
    const ofQueue = queueReadings(this.#queue.capacity, this.#queueFigures);
    const readings = [...ofQueue, storeReading(this.#rows), ...this.#workerReadings()];
    return metricsPage([this.#retired, ...[...this.#known.values()].map((each) => each.metrics)], readings);
  }

  /** A worker has ended. */
  forget(worker: number): void {
    this.#gone.push(worker);
  }

  /** A store or a queue that cannot be reached leaves the page with what was known. */
  async #ask(): Promise<void> {
    const [rows, queue] = await Promise.allSettled([this.#store.rows(), this.#queue.figures()]);
    if (rows.status === "fulfilled") this.#rows = rows.value;
    if (queue.status === "fulfilled") this.#queueFigures = queue.value;
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

function queueReadings(capacity: number, queue: QueueFigures): GaugeReading[] {
  const one = (name: string, help: string, value: number, kind: "gauge" | "counter" = "gauge"): GaugeReading => ({
    name: `health_code_queue_${name}`,
    help,
    kind,
    read: () => ({ "": value }),
  });
  return [
    one("depth", "Check-ins that wait to be stored", queue.depth),
    one("capacity", "Check-ins that may wait", capacity),
    one("oldest_age_seconds", "How long the oldest one has waited", queue.oldestAgeSeconds),
    one("accepted_total", "Check-ins accepted", queue.accepted, "counter"),
    one("consumed_total", "Check-ins taken by the consumer", queue.consumed, "counter"),
    one("dropped_total", "Check-ins dropped since their run was swept", queue.dropped, "counter"),
  ];
}

function storeReading(rows: { readonly tagged: number; readonly untagged: number }): GaugeReading {
  return {
    name: "health_code_store_rows",
    help: "Rows in the store, by whether they carry a synthetic run",
    label: "tagged",
    read: () => ({ yes: rows.tagged, no: rows.untagged }),
  };
}
