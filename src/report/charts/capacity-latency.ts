/** Lower half of the capacity picture: response time per step from p50 to p99, with the budgets' limits. */
import { type LatencyBudget, parseBudget } from "../../model/budget.ts";
import { formatUs } from "../../model/units.ts";
import { withinUs } from "../due-percentile.ts";
import type { Html } from "../html.ts";
import type { StepView } from "../step-view.ts";
import { fill, stroke } from "../theme.ts";
import { type LogY, logTicks, logY, yAxis } from "./axis.ts";
import { type CapacityChart, type Columns, middleOf, unitColumn, valueColumn } from "./capacity-chart.ts";
import { type Area, type Layout, spread } from "./layout.ts";
import { d, dot, group, path, text } from "./shapes.ts";

interface Span {
  readonly step: StepView;
  /** Microseconds; Infinity: never served; null: too few were due. */
  readonly p50: number | null;
  readonly p99: number | null;
}

export function latencyPanel({ record, steps, budgets }: CapacityChart, columns: Columns, area: Area, layout: Layout): Html {
  const limits = limitSpans(budgets, steps);
  const spans = steps.map((step) => ({
    step,
    p50: withinUs(record, step, "response", 50),
    p99: withinUs(record, step, "response", 99),
  }));
  const values = [...spans.flatMap(({ p50, p99 }) => [p50 ?? 0, p99 ?? 0]), ...limits.map(({ limitUs }) => limitUs)];
  const endless = spans.some(({ p50, p99 }) => p50 === Infinity || p99 === Infinity);
  const y = logY(values, area, { top: endless ? 40 : 12, bottom: 22 });
  const title = layout.namesBeside
    ? "Response time over everything due: p50 to p99 (log scale)"
    : "Response time, p50 to p99 (log)";
  return group([
    text({ x: layout.titleLeft, y: area.top - 14, bold: true, role: "ink", size: 12.5 }, title),
    yAxis(area, logTicks(y), y),
    path(d`M${area.left},${area.bottom}H${area.right}`, stroke("rule")),
    limitLines(limits, columns, y, { area, layout }),
    spans.map((span, at) => stepLatency(span, middleOf(columns, at), y, { area, room: columns.bandwidth() })),
  ]);
}

interface Room {
  readonly area: Area;
  /** Pixels from one step to the next. */
  readonly room: number;
}

/** From p50 (hollow) to p99 (full). A percentile that falls among what was never served is an arrow out of the panel. */
function stepLatency({ step, p50, p99 }: Span, x: number, y: LogY, { area, room }: Room): Html {
  if (p50 === null) return text({ x, y: area.bottom - 8, anchor: "middle", size: 11 }, room < unitColumn ? "few" : "too few");
  const role = step.broke ? "failed" : "ok";
  const at = (us: number): number => (Number.isFinite(us) ? y(us) : area.top + 18);
  const low = mark({ name: `${step.label}: p50`, us: p50, full: false, role, room }, x, at(p50));
  if (p99 === null || !Number.isFinite(p50)) return low;
  const line = path(d`M${x},${at(p50) - 4}V${Math.min(at(p99), at(p50) - 4)}`, stroke(role, 2));
  return group([line, low, mark({ name: `${step.label}: p99`, us: p99, full: true, role, room }, x, at(p99))]);
}

interface Mark {
  readonly name: string;
  readonly us: number;
  /** p99; else p50. */
  readonly full: boolean;
  readonly role: "ok" | "failed";
  readonly room: number;
}

/** A dot with its value, above a full one and below a hollow one; an arrow head for never. */
function mark({ name, us, full, role, room }: Mark, x: number, y: number): Html {
  const size = room < unitColumn ? 9.5 : 11.5;
  if (!Number.isFinite(us)) {
    const head = path(d`M${x - 5},${y}l5,-9l5,9z`, fill("failed"), { title: `${name} never served` });
    const word = room < unitColumn ? "never" : `${full ? "p99" : "p50"} never`;
    return group([head, room < valueColumn ? null : text({ x, y: y - 13, anchor: "middle", size, role: "failed" }, word)]);
  }
  const ink = role === "failed" ? role : "ink";
  const place = { x, y: full ? y - 9 : y + 17, anchor: "middle", size, rim: role === "ok", role: full ? ink : "muted" } as const;
  const circle = dot(x, y, full ? 4.5 : 4, full ? fill(role) : stroke(role, 2), `${name} ${formatUs(us)}`);
  return group([circle, room < valueColumn ? null : text(place, formatUs(us))]);
}

interface LimitSpan extends LatencyBudget {
  /** First and last of each row of neighbouring steps that it holds for: stages may leave its range and come back. */
  readonly runs: readonly (readonly [from: number, to: number])[];
}

/** Most limits drawn: beyond it their names would hide the data. The budgets table has all of them. */
const limitsMost = 4;

/** Budgets on response time, with the steps that they hold for. */
function limitSpans(budgets: readonly string[], steps: readonly StepView[]): LimitSpan[] {
  const spans = budgets.flatMap((written) => {
    const budget = parseBudget(written);
    if (budget?.kind !== "latency" || budget.clock !== "response") return [];
    const applies = ({ summary }: StepView): boolean =>
      summary.role === "step" && (budget.upTo === null || summary.multiple <= budget.upTo);
    const runs = runsOf(steps.map(applies));
    return runs.length === 0 ? [] : { ...budget, runs };
  });
  return spans.slice(0, limitsMost);
}

/** The places at which rows of `true` begin and end. */
function runsOf(flags: readonly boolean[]): [from: number, to: number][] {
  const runs: [from: number, to: number][] = [];
  for (const [at, flag] of flags.entries()) {
    const last = runs.at(-1);
    if (!flag) continue;
    if (last !== undefined && last[1] === at - 1) last[1] = at;
    else runs.push([at, at]);
  }
  return runs;
}

interface Frame {
  readonly area: Area;
  readonly layout: Layout;
}

function limitLines(limits: readonly LimitSpan[], columns: Columns, y: LogY, frame: Frame): Html {
  const { area } = frame;
  const places = spread(
    limits.map(({ limitUs }) => y(limitUs) + (frame.layout.namesBeside ? 4 : -5)),
    frame.layout.namesBeside ? 32 : 13,
    area.top,
    area.bottom,
  );
  return group(limits.map((limit, at) => limitLine(limit, columns, y(limit.limitUs), places[at] ?? 0, frame)));
}

/** Dashed over the steps that the budget holds for; its words at the right edge, or above the line where there is no edge. */
function limitLine(limit: LimitSpan, columns: Columns, y: number, wordsY: number, { area, layout }: Frame): Html {
  const spans = limit.runs.map(([first, last]) => ({
    from: columns(first) ?? area.left,
    to: (columns(last) ?? area.left) + columns.bandwidth(),
  }));
  const [from, to] = [spans[0]?.from ?? area.left, spans.at(-1)?.to ?? area.right];
  const data = spans.map((span) => d`M${span.from},${y}H${span.to}`).join("");
  const line = path(data, stroke("ink", 1.4), { dash: "6 4", title: limit.text });
  const name = `${limit.operation ?? "all"} p${limit.percent}`;
  const words = `limit ${formatUs(limit.limitUs)}`;
  if (!layout.namesBeside)
    return group([line, text({ x: from + 3, y: wordsY, size: 10.5, role: "ink", rim: true }, `${name} ${words}`)]);
  const scope = limit.upTo === null ? "at every step" : `up to ${limit.upTo}x`;
  const x = area.right + 10;
  return group([
    path(d`M${to},${y}L${area.right},${y}L${x - 2},${wordsY - 4}`, stroke("rule"), { dash: "1 4" }),
    line,
    text({ x, y: wordsY, role: "ink" }, words),
    text({ x, y: wordsY + 14, size: 11 }, `${name}, ${scope}`),
  ]);
}
