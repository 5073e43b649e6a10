/** Latency by percentile, one line per step, on an axis that gives each further nine the same room (after HdrHistogram's plot). */
import { scaleLinear } from "d3-scale";
import { line as linePath } from "d3-shape";
import { type Distribution, samplesNeeded } from "../../model/distribution.ts";
import type { RunRecord } from "../../model/record.ts";
import { formatShare, formatUs } from "../../model/units.ts";
import { withinUs } from "../due-percentile.ts";
import type { Html } from "../html.ts";
import type { StepView } from "../step-view.ts";
import { fill, type Role, stepRole, stroke } from "../theme.ts";
import { logTicks, logY, yAxis } from "./axis.ts";
import { type Area, type Drawing, type Layout, spread } from "./layout.ts";
import { d, dot, group, path, text, unspoken } from "./shapes.ts";

/** Response and service time at chosen percentiles of one step. */
export interface PercentileLine {
  readonly name: string;
  readonly role: Role;
  readonly broke: boolean;
  /** Share of what was due that was served, where the line ends for want of more; else null. */
  readonly okShare: number | null;
  readonly response: readonly PercentilePoint[];
  readonly service: readonly PercentilePoint[];
}
interface PercentilePoint {
  /** In nines: 1 is p90, 2 is p99. */
  readonly nines: number;
  readonly us: number;
}

/** Points per line: one each four pixels of the wide drawing. */
const pointsPerLine = 180;
/** Where the axis ends at the latest: p99.999. */
const ninesMost = 5;

/** The lines of all measured steps of which enough was due. */
export function percentileLines(record: RunRecord, steps: readonly StepView[]): PercentileLine[] {
  const held = [...new Set(steps.filter(isHeld).map(({ summary }) => summary.multiple))].toSorted((a, b) => a - b);
  return steps.flatMap((step) => {
    const at = isHeld(step) ? held.indexOf(step.summary.multiple) : -1;
    const response = pointsOf(record, step, "response");
    if (response.length === 0) return [];
    const { due, ok } = step.summary;
    const role = step.broke ? "failed" : at < 0 ? "rule" : stepRole(at, held.length);
    const lastNines = response.at(-1)?.nines ?? 0;
    const endless = ok < due && -Math.log10(1 - ok / due) <= lastNines + 0.05;
    return {
      name: step.label,
      role,
      broke: step.broke,
      okShare: endless ? ok / due : null,
      response,
      service: pointsOf(record, step, "service"),
    };
  });
}

const isHeld = ({ summary }: StepView): boolean => summary.role === "step";

/** To the last percentile with ten samples beyond it (what lies further is one request's luck), or to the last request served. */
function pointsOf(record: RunRecord, step: StepView, clock: "response" | "service"): PercentilePoint[] {
  const { due } = step.summary;
  if (due < samplesNeeded(50)) return [];
  const last = Math.min(ninesMost, Math.log10(due / 10));
  return Array.from({ length: pointsPerLine + 1 }, (_, at) => (at / pointsPerLine) * last).flatMap((nines) => {
    const us = withinUs(record, step, clock, Math.max(0.001, 100 * (1 - 10 ** -nines)));
    return us === null || !Number.isFinite(us) ? [] : { nines, us: Math.max(1, us) };
  });
}

const plotHeight = 300;

export function drawPercentiles(lines: readonly PercentileLine[], layout: Layout): Drawing {
  const right = layout.namesBeside ? layout.right + 60 : layout.right - 50;
  const area: Area = { left: layout.left, right, top: 30, bottom: 30 + plotHeight };
  const points = lines.flatMap(({ response, service }) => [...response, ...service]);
  const lastNine = points.reduce((most, { nines }) => Math.max(most, nines), 1);
  const x = scaleLinear().domain([0, lastNine]).range([area.left, area.right]);
  const y = logY(
    points.map(({ us }) => us),
    area,
  );
  const outline = linePath<PercentilePoint>()
    .x(({ nines }) => x(nines))
    .y(({ us }) => y(us))
    .digits(1);
  const drawn = lines.map(({ name, role, broke, response, service }) =>
    group([
      path(outline([...service]) ?? "", stroke(role, 1.2), { dash: "4 3", opacity: 0.8, title: `${name}: service` }),
      path(outline([...response]) ?? "", stroke(role, broke ? 2.4 : 2), { title: `${name}: response` }),
    ]),
  );
  const title = layout.namesBeside
    ? "Response time (full lines) and service time (dashed), log scale"
    : "Response (full), service (dashed), log";
  const names = lineNames(lines, x, y, { area, namesBeside: layout.namesBeside });
  const heading = text({ x: layout.titleLeft, y: 12, bold: true, role: "ink", size: 12.5 }, title);
  return {
    height: area.bottom + 42,
    marks: group([heading, yAxis(area, logTicks(y), y), percentAxis(lastNine, x, area), drawn, names]),
  };
}

interface Plot {
  readonly area: Area;
  readonly namesBeside: boolean;
}

const marked = [0, 50, 90, 99, 99.9, 99.99, 99.999];

function percentAxis(lastNine: number, x: (nines: number) => number, area: Area): Html {
  const ticks = marked
    .map((percent) => ({ percent, nines: -Math.log10(1 - percent / 100) }))
    .filter(({ nines }) => nines <= lastNine + 1e-6);
  const drawn = ticks.map(({ percent, nines }) => {
    const at = x(nines);
    const place = { x: at, y: area.bottom + 18, anchor: "middle", size: 11.5 } as const;
    return [path(d`M${at},${area.top}V${area.bottom + 4}`, stroke("grid")), text(place, percent === 0 ? "0" : `p${percent}`)];
  });
  const middle = (area.left + area.right) / 2;
  return unspoken([
    drawn,
    text({ x: middle, y: area.bottom + 36, anchor: "middle", size: 11.5 }, "percentile of everything due"),
  ]);
}

/** The name of each line at its end: at the right edge, or beside the arrow of one that ends for want of served requests. */
function lineNames(lines: readonly PercentileLine[], x: (nines: number) => number, y: (us: number) => number, plot: Plot): Html {
  const ends = lines.map((line) => {
    const end = line.response.at(-1) ?? { nines: 0, us: 1 };
    return { line, x: x(end.nines), y: y(end.us) };
  });
  const endless = ends.filter(({ line }) => line.okShare !== null);
  const rest = namedOf(ends.filter(({ line }) => line.okShare === null));
  const places = spread(
    rest.map((end) => end.y + 4),
    15,
    plot.area.top + 6,
    plot.area.bottom,
  );
  return group([
    rest.map((end, at) => nameAtEdge(end, places[at] ?? 0, plot)),
    endless.map((end, at) => cliff(end, plot.area.top, at)),
  ]);
}

interface LineEnd {
  readonly line: PercentileLine;
  readonly x: number;
  readonly y: number;
}

function nameAtEdge({ line, x, y }: LineEnd, wordsY: number, { area, namesBeside }: Plot): Html {
  const name = namesBeside ? line.name : shortName(line.name);
  return group([
    path(d`M${x + 4},${y}L${area.right + 6},${wordsY - 4}`, stroke("rule", 0.8), { opacity: 0.7 }),
    dot(x, y, 2.6, fill(line.role)),
    text({ x: area.right + 10, y: wordsY, bold: true, size: namesBeside ? 12 : 10.5, role: line.broke ? "failed" : "ink" }, name),
  ]);
}

/** Most names beside the plot: as many as it is high. */
const namesMost = 18;

/** Where there are more, those of the first time at each multiple, whose shade the others share. */
function namedOf(ends: readonly LineEnd[]): readonly LineEnd[] {
  if (ends.length <= namesMost) return ends;
  return ends.filter(({ line }) => !line.name.endsWith(")")).slice(0, namesMost);
}

/** `1x again` as `again`, `3x (2nd)` as `3x 2nd`: as much as fits the margin of a narrow drawing. */
function shortName(name: string): string {
  return name.replace(/^.* (again)$/, "$1").replace(/[()]/g, "");
}

/** Beyond this percentile nothing was served: the line goes up for good, and says how much was. Each further one writes a line lower. */
function cliff({ line, x, y }: LineEnd, top: number, place: number): Html {
  const words = `${line.name}: ${formatShare(line.okShare ?? 0)} ok`;
  return group([
    path(d`M${x},${y}V${top}`, stroke("failed", 1.4), { dash: "2 3" }),
    path(d`M${x - 4},${top + 5}l4,-5l4,5`, stroke("failed", 1.4)),
    text({ x: x + 8, y: top + 14 + 16 * place, size: 11.5, bold: true, role: "failed", rim: true }, words),
  ]);
}

/** For the table: the classic percentiles and the largest value, with `-` where too few samples lie beyond. */
export function percentileRow(distribution: Distribution | undefined): string[] {
  if (distribution === undefined || distribution.count === 0) return ["-", "-", "-", "-", "-", "-", "0"];
  const at = (percent: number): string =>
    distribution.count >= samplesNeeded(percent) ? formatUs(distribution.percentile(percent)) : "-";
  return [at(50), at(90), at(99), at(99.9), at(99.99), formatUs(distribution.maxUs), String(distribution.count)];
}
