/** The capacity picture: for each step what was offered and what came of it, and below it how long the replies took. */
import { type ScaleBand, scaleBand } from "d3-scale";
import { type LatencyBudget, parseBudget } from "../../model/budget.ts";
import type { RunRecord } from "../../model/record.ts";
import { formatCount, formatUs } from "../../model/units.ts";
import { withinUs } from "../due-percentile.ts";
import { html, type Html } from "../html.ts";
import type { StepView } from "../step-view.ts";
import { fill, stroke } from "../theme.ts";
import { linearTicks, linearY, type LogY, logTicks, logY, text, yAxis } from "./axis.ts";
import { type Area, type Drawing, type Layout, px, spread } from "./layout.ts";

export interface CapacityChart {
  readonly record: RunRecord;
  readonly steps: readonly StepView[];
  /** The scenario's budgets as written. */
  readonly budgets: readonly string[];
}

type Bands = ScaleBand<number>;

const rateHeight = 190;
const latencyHeight = 190;
/** Above the first panel: the word over the steps that broke, the title and the key of the colours. */
const topHeight = ({ namesBeside }: Layout): number => (namesBeside ? 46 : 64);
const betweenHeight = 52;

/** Both panels over one axis of steps. */
export function drawCapacity(chart: CapacityChart, layout: Layout): Drawing {
  const { steps } = chart;
  const rate: Area = { left: layout.left, right: layout.right, top: topHeight(layout), bottom: topHeight(layout) + rateHeight };
  const top = rate.bottom + betweenHeight;
  const latency: Area = { ...rate, top, bottom: top + latencyHeight };
  const bands = scaleBand<number>()
    .domain(steps.map((_, at) => at))
    .range([rate.left, rate.right]);
  const marks = html`${alarms(steps, bands, latency.bottom)}${ratePanel(steps, bands, rate, layout)}${latencyPanel(chart, bands, latency, layout)}${stepNames(steps, bands, latency.bottom)}`;
  return { height: latency.bottom + 44, marks };
}

/** The steps that did not hold, tinted; the first of them says so. */
function alarms(steps: readonly StepView[], bands: Bands, bottom: number): Html {
  const width = px(bands.bandwidth());
  const drawn = steps.map(({ broke, first }, at) => {
    if (!broke) return null;
    const x = px(bands(at) ?? 0);
    const word = text({ x: x + width / 2, y: 13, anchor: "middle", bold: true, role: "failed" }, width < 70 ? "breaks" : "breaks here");
    return html`<rect ${fill("alarm")} x="${x}" y="20" width="${width}" height="${bottom - 20}" />${first ? word : null}`;
  });
  return html`<g>${drawn}</g>`;
}

function stepNames(steps: readonly StepView[], bands: Bands, bottom: number): Html {
  const narrow = bands.bandwidth() < 56;
  const names = steps.map(({ label, summary }, at) => {
    const x = (bands(at) ?? 0) + bands.bandwidth() / 2;
    const name = narrow && summary.role === "repeat" ? "again" : label;
    return html`${text({ x, y: bottom + 19, anchor: "middle", bold: true, role: "ink", size: 13 }, name)}${text(
      { x, y: bottom + 35, anchor: "middle", size: 11 },
      narrow ? formatCount(summary.ratePerSec) : `${formatCount(summary.ratePerSec)}/s`,
    )}`;
  });
  return html`<g>${names}</g>`;
}

function ratePanel(steps: readonly StepView[], bands: Bands, area: Area, layout: Layout): Html {
  const duePerSec = steps.map(({ summary, seconds }) => summary.due / seconds);
  const y = linearY(duePerSec, area);
  const width = Math.min(bands.bandwidth() * 0.56, 84);
  const bars = steps.map((step, at) => {
    const middle = (bands(at) ?? 0) + bands.bandwidth() / 2;
    return bar(step, middle, width, y, area, layout);
  });
  return html`<g>
    ${text({ x: layout.titleLeft, y: area.top - (layout.namesBeside ? 14 : 32), bold: true, role: "ink", size: 12.5 }, "Requests per second")}${key(steps, area, layout)}
    ${yAxis(area, linearTicks(y), y)}${bars}
  </g>`;
}

/** Which colour is what, for the colours that occur. */
function key(steps: readonly StepView[], area: Area, layout: Layout): Html {
  const entries = [
    { name: "ok", role: "ok", shown: true },
    { name: "ok, after the end", role: "okArea", shown: steps.some(isLate) },
    { name: "rejected", role: "rejected", shown: steps.some(({ rejectedPerSec }) => rejectedPerSec > 0) },
    { name: "failed", role: "failed", shown: steps.some(({ failedPerSec }) => failedPerSec > 0) },
  ] as const;
  let x = layout.namesBeside ? area.left + 170 : layout.titleLeft;
  const drawn = entries.map(({ name, role, shown }) => {
    if (!shown) return null;
    const at = x;
    x += 26 + name.length * 6.6;
    return html`<rect ${fill(role)} x="${px(at)}" y="${area.top - 23}" width="10" height="10" />${text({ x: at + 15, y: area.top - 14, size: 11.5 }, name)}`;
  });
  return html`${drawn}`;
}

/** What a step served after its end is worth showing where it is this share of what was due: less is the last second's tail. */
const lateShare = 0.02;

function isLate({ latePerSec, seconds, summary }: StepView): boolean {
  return latePerSec * seconds > lateShare * summary.due;
}

/** Stacked from the axis: ok, ok after the end, rejected, failed. The outline is what was due, so a gap is what was still under way at a crash. */
function bar(step: StepView, middle: number, width: number, y: (value: number) => number, area: Area, layout: Layout): Html {
  const { summary, seconds } = step;
  const duePerSec = summary.due / seconds;
  const okPerSec = isLate(step) ? step.okPerSec : summary.ok / seconds;
  const left = px(middle - width / 2);
  let base = 0;
  const parts = ([["ok", okPerSec], ["okArea", isLate(step) ? step.latePerSec : 0], ["rejected", step.rejectedPerSec], ["failed", step.failedPerSec]] as const).map(([role, perSec]) => {
    const [from, to] = [y(base), y(base + perSec)];
    base += perSec;
    const height = Math.max(0, from - to - (role === "ok" || from - to < 3 ? 0 : 1));
    return height <= 0.05 ? null : html`<rect ${fill(role)} x="${left}" y="${px(to)}" width="${px(width)}" height="${px(height)}"><title>${step.label}: ${role === "okArea" ? "ok after the end" : role} ${formatCount(perSec)} per second</title></rect>`;
  });
  const top = y(Math.max(duePerSec, base));
  const short = okPerSec < duePerSec * 0.98;
  const label = short && layout.namesBeside ? `${formatCount(Math.round(okPerSec))} of ${formatCount(Math.round(duePerSec))} ok` : formatCount(Math.round(okPerSec));
  return html`${parts}<rect ${stroke("ink", 1)} x="${left}" y="${px(top)}" width="${px(width)}" height="${px(Math.max(0, area.bottom - top))}" />
    ${text({ x: middle, y: top - 6, anchor: "middle", role: short ? "failed" : "ink", size: 12, bold: short }, label)}`;
}

interface LimitSpan extends LatencyBudget {
  readonly fromStep: number;
  readonly toStep: number;
}

/** Budgets on response time, with the steps that they hold for. */
function limitSpans(budgets: readonly string[], steps: readonly StepView[]): LimitSpan[] {
  return budgets.flatMap((written) => {
    const budget = parseBudget(written);
    if (budget?.kind !== "latency" || budget.clock !== "response") return [];
    const applies = (step: StepView): boolean => step.summary.role === "step" && (budget.upTo === null || step.summary.multiple <= budget.upTo);
    const fromStep = steps.findIndex(applies);
    return fromStep < 0 ? [] : { ...budget, fromStep, toStep: steps.findLastIndex(applies) };
  });
}

function latencyPanel({ record, steps, budgets }: CapacityChart, bands: Bands, area: Area, layout: Layout): Html {
  const limits = limitSpans(budgets, steps);
  const spans = steps.map((step) => ({
    step,
    p50: withinUs(record, step, "response", 50),
    p99: withinUs(record, step, "response", 99),
  }));
  const values = [...spans.flatMap(({ p50, p99 }) => [p50 ?? 0, p99 ?? 0]), ...limits.map(({ limitUs }) => limitUs)];
  const endless = spans.some(({ p50, p99 }) => p50 === Infinity || p99 === Infinity);
  const y = logY(values, area, { top: endless ? 40 : 12, bottom: 22 });
  const marks = spans.map((span, at) => stepLatency(span, (bands(at) ?? 0) + bands.bandwidth() / 2, y, area));
  const title = layout.namesBeside ? "Response time over everything due: p50 to p99 (log scale)" : "Response time, p50 to p99 (log)";
  return html`<g>
    ${text({ x: layout.titleLeft, y: area.top - 14, bold: true, role: "ink", size: 12.5 }, title)}
    ${yAxis(area, logTicks(y), y)}<path ${stroke("rule")} d="M${area.left},${area.bottom}H${area.right}" />${limitLines(limits, bands, y, area, layout)}${marks}
  </g>`;
}

interface Span {
  readonly step: StepView;
  /** Microseconds; Infinity: never served; null: too few were due. */
  readonly p50: number | null;
  readonly p99: number | null;
}

/** From p50 (hollow) to p99 (full). A percentile that falls among what was never served is an arrow out of the panel. */
function stepLatency({ step, p50, p99 }: Span, x: number, y: LogY, area: Area): Html {
  const role = step.broke ? "failed" : "ok";
  const at = (us: number): number => (Number.isFinite(us) ? y(us) : area.top + 18);
  if (p50 === null) return text({ x, y: area.bottom - 8, anchor: "middle", size: 11 }, "too few");
  const marks = [percentileMark({ name: `${step.label}: p50`, us: p50, full: false, role }, x, at(p50))];
  if (p99 !== null && Number.isFinite(p50)) {
    marks.push(html`<path ${stroke(role, 2)} d="M${px(x)},${px(at(p50) - 4)}V${px(Math.min(at(p99), at(p50) - 4))}" />`);
    marks.push(percentileMark({ name: `${step.label}: p99`, us: p99, full: true, role }, x, at(p99)));
  }
  return html`${marks}`;
}

interface Mark {
  readonly name: string;
  readonly us: number;
  readonly full: boolean;
  readonly role: "ok" | "failed";
}

/** A dot with its value, above a full one and below a hollow one; an arrow head for never. */
function percentileMark({ name, us, full, role }: Mark, x: number, y: number): Html {
  if (!Number.isFinite(us)) {
    const word = full ? "p99 never" : "p50 never";
    return html`<path ${fill("failed")} d="M${px(x - 5)},${px(y)}l5,-9l5,9z"><title>${name} never served</title></path>${text({ x, y: y - 13, anchor: "middle", size: 11, role: "failed" }, word)}`;
  }
  const dot = html`<circle ${full ? fill(role) : stroke(role, 2)} cx="${px(x)}" cy="${px(y)}" r="${full ? 4.5 : 4}"><title>${name} ${formatUs(us)}</title></circle>`;
  const label = text({ x, y: full ? y - 9 : y + 17, anchor: "middle", size: 11.5, rim: true, role: full ? (role === "failed" ? "failed" : "ink") : "muted" }, formatUs(us));
  return html`${dot}${label}`;
}

function limitLines(limits: readonly LimitSpan[], bands: Bands, y: LogY, area: Area, layout: Layout): Html {
  const places = spread(
    limits.map(({ limitUs }) => y(limitUs) + 4),
    30,
    area.top,
    area.bottom,
  );
  const drawn = limits.map((limit, at) => {
    const from = px(bands(limit.fromStep) ?? area.left);
    const to = px((bands(limit.toStep) ?? area.left) + bands.bandwidth());
    const name = `${limit.operation ?? "all"} p${limit.percent}`;
    const upTo = limit.upTo === null ? "at every step" : `up to ${limit.upTo}x`;
    const lineY = px(y(limit.limitUs));
    const place = places[at] ?? lineY;
    const words = layout.namesBeside
      ? html`${text({ x: area.right + 10, y: place, role: "ink" }, `limit ${formatUs(limit.limitUs)}`)}${text({ x: area.right + 10, y: place + 14, size: 11 }, `${name}, ${upTo}`)}`
      : text({ x: from + 3, y: lineY - 5, size: 10.5, role: "ink", rim: true }, `${name} limit ${formatUs(limit.limitUs)}`);
    const leader = layout.namesBeside && to < area.right ? html`<path ${stroke("rule")} stroke-dasharray="1 4" d="M${to},${lineY}H${area.right}" />` : null;
    return html`${leader}<path ${stroke("ink", 1.4)} stroke-dasharray="6 4" d="M${from},${lineY}H${to}" />${words}`;
  });
  return html`<g>${drawn}</g>`;
}
