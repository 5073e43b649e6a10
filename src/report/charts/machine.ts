/** What the machines did meanwhile: CPU of the target, the host and the generator, the target's queues, the generator's lag. */
import type { RunRecord } from "../../model/record.ts";
import { signals, type VitalSample } from "../../model/vitals.ts";
import type { Answer } from "../../model/verdict.ts";
import { html, type Html } from "../html.ts";
import { known, meanOf, secondsCount, seriesValues, type Values, vitalValues } from "../seconds.ts";
import type { Role } from "../theme.ts";
import { figure } from "./figure.ts";
import { drawPanels, timeAttributes } from "./panels.ts";
import type { Line, Panel, TimeChart } from "./time-chart.ts";
import { timeTable } from "./time-table.ts";
import { bandsOf } from "./timeline.ts";

/** The chart as a figure; a sentence in its place where no vitals were written. */
export function machineFigure(record: RunRecord, answer: Answer): Html {
  if (record.vitals.length === 0) {
    return html`<p class="note">
      No vitals were recorded (vitals.ndjson is empty or missing), so nothing can be said here of CPU, queues or the generator.
      They are sampled on Linux, from processes that the run was shown with --pid or found by itself.
    </p>`;
  }
  const chart = machineChart(record, answer);
  return figure({
    id: "machine",
    title: "The machines meanwhile",
    note: "Sampled once a second from outside the target. One thread cannot use more than one core: a line that lies flat on 1 is a ceiling.",
    description: `Panels over ${chart.seconds} seconds: ${chart.panels.map(({ title }) => title).join("; ")}.`,
    draw: (layout) => drawPanels(chart, layout),
    table: timeTable(chart),
    attributes: timeAttributes(chart),
  });
}

/** The chart's content, for drawing and for the table below it. */
function machineChart(record: RunRecord, answer: Answer): TimeChart {
  const seconds = secondsCount(record);
  const queues = queuePanel(record, seconds);
  return {
    seconds,
    bands: bandsOf(record, answer),
    panels: [cpuPanel(record, seconds), ...(queues === null ? [] : [queues]), lagPanel(record, seconds)],
  };
}

const threadRoles: readonly Role[] = ["ok", "target2", "target3"];

function cpuPanel(record: RunRecord, seconds: number): Panel {
  const bySource = Map.groupBy(
    record.vitals.filter(({ signal }) => signal === signals.cpuCores),
    ({ source }) => source,
  );
  const values = (sources: Iterable<readonly VitalSample[]>): Values =>
    sumOf([...sources].map((samples) => vitalValues(samples, seconds)));
  const generator = values([...bySource].filter(([source]) => source.startsWith("generator/")).map(([, samples]) => samples));
  const lines: Line[] = [
    { name: `whole host (of ${record.run.machine.cores})`, role: "rule", width: 1.2, values: hostCores(record, seconds) },
    { name: "generator", role: "rejected", values: generator },
    { name: "generator's loop", role: "rejected", width: 1, dashed: true, values: busiestLoop(record, seconds) },
    ...hottest(bySource, seconds).map(({ source, values }, at): Line => ({
      name: sourceName(record, source),
      role: threadRoles[at] ?? "muted",
      values,
    })),
  ];
  return {
    title: "CPU in use, cores",
    unit: "cores",
    scale: "linear",
    limits: [{ name: "one core", value: 1 }],
    failedAt: [],
    lines: lines.filter((line) => known(line.values).length > 0),
  };
}

/** Most threads drawn; the others are cooler. */
const threadsMost = threadRoles.length;
/** Below this mean a thread tells nothing, cores. */
const idleCores = 0.02;

/** The target's threads with the most CPU over the run; its processes where threads were not sampled. */
function hottest(bySource: ReadonlyMap<string, readonly VitalSample[]>, seconds: number): { source: string; values: Values }[] {
  const sources = [...bySource.keys()];
  const threads = sources.filter((source) => source.startsWith("thread/"));
  const chosen = threads.length > 0 ? threads : sources.filter((source) => source.startsWith("process/"));
  return chosen
    .map((source) => {
      const values = vitalValues(bySource.get(source) ?? [], seconds);
      return { source, values, mean: meanOf(values) ?? 0 };
    })
    .filter(({ mean }) => mean >= idleCores)
    .toSorted((a, b) => b.mean - a.mean)
    .slice(0, threadsMost);
}

/** Letters of a process's name that fit beside a chart. */
const nameLetters = 21;

/** `thread/4001/4101` as the name of its process, with the thread's number where it is not the main thread. */
function sourceName(record: RunRecord, source: string): string {
  const [, pid = "", thread = pid] = source.split("/");
  const facts = record.events.findLast((event) => event.event === "process" && String(event.process.pid) === pid);
  const name = facts?.event === "process" ? facts.process.name : `pid ${pid}`;
  const short = name.length > nameLetters ? `${name.slice(0, nameLetters - 1)}…` : name;
  return thread === pid ? short : `${short} #${thread}`;
}

function hostCores(record: RunRecord, seconds: number): Values {
  const samples = record.vitals.filter(({ source, signal }) => source === "host" && signal === signals.busyShare);
  return vitalValues(samples, seconds).map((share) => (share === null ? null : share * record.run.machine.cores));
}

/** Utilisation of the busiest load thread's event loop: 1 means that it could not have done more. */
function busiestLoop(record: RunRecord, seconds: number): Values {
  const samples = record.vitals.filter(({ signal }) => signal === signals.eventLoopShare);
  return vitalValues(samples, seconds);
}

function sumOf(all: readonly Values[]): Values {
  const [first = [], ...rest] = all;
  return rest.reduce<Values>((sum, values) => sum.map((value, at) => added(value, values[at] ?? null)), first);
}

function added(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : a + b;
}

/** Gauges of the target's metrics page that sound like a queue. A guess by name: Prometheus has no word for it. */
const queueName = /^metric:[^{]*(?:queue|backlog|pending|waiting)/i;
const counterName = /(?:_total|_sum|_count|_bucket|_capacity|_limit|_max|_created)(?:\{|$)/;
const queueRoles: readonly Role[] = ["ok", "target2", "target3"];

/** The queues that were not empty all the time, longest first; null where the target shows none. */
function queuePanel(record: RunRecord, seconds: number): Panel | null {
  const samples = record.vitals.filter(({ signal }) => queueName.test(signal) && !counterName.test(signal));
  const lines = [...Map.groupBy(samples, ({ signal }) => signal)]
    .map(([signal, own]) => ({ name: signal.slice("metric:".length), values: vitalValues(own, seconds) }))
    .filter(({ values }) => known(values).some((value) => value > 0))
    .toSorted((a, b) => (meanOf(b.values) ?? 0) - (meanOf(a.values) ?? 0))
    .slice(0, queueRoles.length)
    .map(({ name, values }, at): Line => ({ name: shortMetric(name), role: queueRoles[at] ?? "muted", values }));
  if (lines.length === 0) return null;
  return { title: "The target's queues, items", unit: "count", scale: "linear", limits: [], failedAt: [], lines };
}

/** Of a metric the end says most; its underscores are wide letters. */
const metricLetters = 18;

function shortMetric(name: string): string {
  return name.length > metricLetters ? `…${name.slice(1 - metricLetters)}` : name;
}

function lagPanel(record: RunRecord, seconds: number): Panel {
  return {
    title: "The generator's own lag (log scale)",
    unit: "us",
    scale: "log",
    limits: [],
    failedAt: [],
    lines: [{ name: "lag p99", role: "rejected", values: seriesValues(record, seconds, ({ lagP99 }) => lagP99) }],
  };
}
