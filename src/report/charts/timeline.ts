/** The traffic, second by second: rates, response time, requests in flight and the sentinel lanes. */
import { parseBudget } from "../../model/budget.ts";
import type { RunRecord } from "../../model/record.ts";
import type { LaneSample } from "../../model/series.ts";
import { formatUs } from "../../model/units.ts";
import type { Answer } from "../../model/verdict.ts";
import { html, type Html } from "../html.ts";
import { secondOf, secondsCount, seriesValues, type Values } from "../seconds.ts";
import { stepNames } from "../step-names.ts";
import { brokenSteps } from "../step-view.ts";
import { figure } from "./figure.ts";
import { drawPanels, timeAttributes } from "./panels.ts";
import type { Band, Limit, Line, Panel, TimeChart } from "./time-chart.ts";
import { timeTable } from "./time-table.ts";

/** The chart as a figure; a sentence in its place where no second was written. */
export function timelineFigure(record: RunRecord, answer: Answer): Html {
  if (record.series.length === 0) {
    return html`<p class="note">
      No second of this run was recorded (series.ndjson is empty or missing), so there is no timeline.
    </p>`;
  }
  const chart = timelineChart(record, answer);
  const ramps = chart.bands.some(({ ramp }) => ramp) ? ", the spaces between them ramps" : "";
  return figure({
    id: "timeline",
    title: "Traffic, second by second",
    note: `Events are counted in the second in which they happened. The shaded columns are the steps${ramps}; what is due keeps coming at its own pace, whatever the target does. The sentinel lanes are one or two trivial requests per second beside the load: they tell a slow service from a slow door.`,
    description: `Four panels over ${chart.seconds} seconds: arrivals due, sent and answered per second; response time; requests in flight and connections; the sentinel lanes. The steps were ${chart.bands.map(({ name }) => name).join(", ")}.`,
    draw: (layout) => drawPanels(chart, layout),
    table: timeTable(chart),
    attributes: timeAttributes(chart),
  });
}

/** The chart's content, for drawing and for the table below it. */
function timelineChart(record: RunRecord, answer: Answer): TimeChart {
  const seconds = secondsCount(record);
  return {
    seconds,
    bands: bandsOf(record, answer),
    panels: [
      ratePanel(record, seconds),
      responsePanel(record, seconds),
      flightPanel(record, seconds),
      lanePanel(record, seconds),
    ],
  };
}

/** Steps and the preparation as columns of time; a step that was cut short ends with the record. */
export function bandsOf({ run, events, series }: RunRecord, answer: Answer): Band[] {
  const lastUs = run.ended?.atUs ?? (series.at(-1)?.t ?? 0) + 1e6;
  const names = stepNames(run.steps);
  const broken = brokenSteps(run, answer);
  const steps = run.steps.flatMap((step) => {
    if (step.startUs === null) return [];
    return {
      name: names.get(step) ?? "",
      fromSec: step.startUs / 1e6,
      toSec: Math.max(step.startUs, step.endUs ?? lastUs) / 1e6,
      broke: broken.has(step),
      ramp: step.role === "ramp",
    };
  });
  const from = events.find(({ event }) => event === "prepare-start")?.t;
  const to = events.find(({ event }) => event === "prepare-end")?.t ?? steps[0]?.fromSec;
  const prepared =
    from === undefined || to === undefined
      ? []
      : [{ name: "prepare", fromSec: from / 1e6, toSec: to / 1e6, broke: false, ramp: false }];
  return [...prepared, ...steps];
}

function ratePanel(record: RunRecord, seconds: number): Panel {
  return {
    title: "Requests per second",
    unit: "per second",
    scale: "linear",
    limits: [],
    failedAt: [],
    lines: withoutZeros([
      { name: "ok", role: "ok", filled: true, values: seriesValues(record, seconds, ({ ok }) => ok) },
      { name: "due", role: "ink", width: 1.2, values: seriesValues(record, seconds, ({ due }) => due) },
      { name: "sent", role: "muted", width: 1.2, dashed: true, values: seriesValues(record, seconds, ({ sent }) => sent) },
      { name: "retries", role: "target2", width: 1.2, values: seriesValues(record, seconds, ({ retries }) => retries ?? 0) },
      { name: "rejected", role: "rejected", values: seriesValues(record, seconds, ({ rejected }) => rejected) },
      { name: "failed", role: "failed", values: seriesValues(record, seconds, ({ failed }) => failed) },
    ]),
  };
}

/** Without the lines of what never happened: they would lie on the axis and name nothing. */
function withoutZeros(lines: readonly Line[]): Line[] {
  return lines.filter(({ name, values }) => name === "ok" || values.some((value) => value !== null && value > 0));
}

function responsePanel(record: RunRecord, seconds: number): Panel {
  return {
    title: "Response time of replies (log scale)",
    unit: "us",
    scale: "log",
    limits: responseLimits(record.run.plan.budgets),
    failedAt: [],
    lines: [
      { name: "max", role: "rule", width: 1.1, values: seriesValues(record, seconds, ({ max }) => max) },
      { name: "p99", role: "step4", width: 1.6, values: seriesValues(record, seconds, ({ p99 }) => p99) },
      { name: "p50", role: "step1", width: 1.6, values: seriesValues(record, seconds, ({ p50 }) => p50) },
    ],
  };
}

/** Most limits drawn in one panel: beyond it the lines would hide the data. The budgets table has all of them. */
const limitsMost = 3;

/** The limits of the budgets on response time, once each. */
function responseLimits(budgets: readonly string[]): Limit[] {
  const limits = new Map<string, Limit>();
  for (const text of budgets) {
    const budget = parseBudget(text);
    if (budget?.kind !== "latency" || budget.clock !== "response") continue;
    const operation = budget.operation === null ? "" : `${budget.operation} `;
    const name = `${operation}p${budget.percent} limit ${formatUs(budget.limitUs)}`;
    limits.set(name, { name, value: budget.limitUs });
  }
  return [...limits.values()].slice(0, limitsMost);
}

function flightPanel(record: RunRecord, seconds: number): Panel {
  return {
    title: "In flight and connections open",
    unit: "count",
    scale: "linear",
    limits: [],
    failedAt: [],
    lines: [
      { name: "connections", role: "muted", width: 1.2, values: seriesValues(record, seconds, ({ connections }) => connections) },
      { name: "in flight", role: "ok", values: seriesValues(record, seconds, ({ inFlight }) => inFlight) },
    ],
  };
}

function lanePanel(record: RunRecord, seconds: number): Panel {
  const lane = (pick: (sample: LaneSample) => number | null): Values =>
    seriesValues(record, seconds, ({ lanes }) => {
      const value = lanes === null ? null : pick(lanes);
      return value === null || value < 0 ? null : value;
    });
  const failedAt = record.series.flatMap(({ t, lanes }) => {
    const failed = lanes !== null && [lanes.connectUs, lanes.freshUs, lanes.keptUs].includes(-1);
    return failed ? (secondOf(t) ?? []) : [];
  });
  return {
    title: "Sentinel lanes: their time (log scale)",
    unit: "us",
    scale: "log",
    limits: [],
    failedAt,
    lines: [
      { name: "connect only", role: "muted", values: lane(({ connectUs }) => connectUs) },
      { name: "fresh connection", role: "target2", values: lane(({ freshUs }) => freshUs) },
      { name: "kept alive", role: "ok", values: lane(({ keptUs }) => keptUs) },
    ],
  };
}
