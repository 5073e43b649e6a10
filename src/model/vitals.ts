/**
 * `vitals.ndjson`: `{t, source, signal, value}`, sampled at 1 Hz from outside the target, since a saturated process cannot
 * report on itself (reference: diagnosis, section 0.4). A missing sample is evidence, not a gap.
 *
 * Sources: `generator` (our whole process), its threads `generator/worker-<n>` and `generator/main`; `host`; `host/core-<n>`;
 * `process/<pid>`; `thread/<pid>/<tid>`; `operation/<name>` (what replies said); `app` (the target's own metrics page).
 * Figures over time cover the interval that ends at `t`. A thread is sampled from its first busy interval on; until then it is idle.
 */

export interface VitalSample {
  /** Microseconds since the run's start. */
  readonly t: number;
  readonly source: string;
  readonly signal: string;
  readonly value: number;
}

/** Signal names, fixed; the unit is the name's last word. Shares are in [0, 1] of one core unless said otherwise. */
export const signals = {
  /** Thread or process CPU (user + system) over the last second, in cores. */
  cpuCores: "cpu.cores",
  /** Time a thread was runnable but waited for a core. The kernel counts a wait when it ends: a second may hold more than itself. */
  runQueueWaitShare: "runqueue.wait.share",
  /** CPU quota: share of its periods in which the cgroup of `process/<pid>` or `generator`, or one above, had used it up; 0: no quota. */
  throttledShare: "cpu.throttled.share",
  /** Threads of a process. */
  threadsCount: "threads.count",
  /** Busy share of a core, or of all cores (source `host`, still 0..1). */
  busyShare: "busy.share",
  /** Share of time that the hypervisor took away; not part of `busy.share`. */
  stealShare: "steal.share",
  /** Host: share of time in which some runnable task waited for CPU (PSI). */
  cpuPressureShare: "pressure.cpu.share",
  /** Resident memory. */
  residentBytes: "resident.bytes",
  /** Open file descriptors and their limit. */
  descriptorsCount: "descriptors.count",
  descriptorsLimit: "descriptors.limit",
  /** Connections refused by a full accept queue since the last sample: source `host`, over the target's network namespaces. */
  listenOverflowsCount: "listen.overflows.count",
  listenDropsCount: "listen.drops.count",
  /** A load thread's event-loop utilisation; where it spins, the share of its turns, by time, that had something to do. */
  eventLoopShare: "eventloop.share",
  /** 1 when a sample came, for `process/<pid>`; 0, once, when the process was gone. */
  alive: "alive",
  /** Prometheus scrape: 1 answered, 0 not. */
  scrapeUp: "scrape.up",
  /** Seconds left unsampled around `t` since our own main thread was late (source `generator/main`): such a gap is not the target's. */
  vitalsSkippedCount: "vitals.skipped.count",
} as const;

/** Mean and count of one `Server-Timing` entry within a second, from a sample of the replies of one operation. */
export function serverTimingSignal(entry: string, figure: "mean.us" | "count"): string {
  return `servertiming.${entry}.${figure}`;
}

/** A series of the target's metrics page as a signal: `metric:http_requests_total{code="200"}`. */
export function metricSignal(name: string, labels: Readonly<Record<string, string>>): string {
  const inner = Object.entries(labels)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join(",");
  return inner === "" ? `metric:${name}` : `metric:${name}{${inner}}`;
}

/** What a process is, for evidence that people read: its command line, shortened. Written to `events.ndjson`. */
export interface ProcessFacts {
  readonly pid: number;
  readonly name: string;
  /** Kernel names of the threads sampled so far, by thread id. Facts come again when one is added: the last are complete. */
  readonly threads?: Readonly<Record<number, string>>;
}
