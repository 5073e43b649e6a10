/** Panels of lines over time, one below the other, on one time axis, with the steps as bands behind them. */
import { area as areaPath, line as linePath } from "d3-shape";
import { html, type Html } from "../html.ts";
import { known, meanOf, type Values } from "../seconds.ts";
import { fill, type Role, stroke } from "../theme.ts";
import { type LinearY, linearTicks, linearY, type LogY, logTicks, logY, text, timeAxis, timeX, yAxis } from "./axis.ts";
import { type Point, thinned } from "./columns.ts";
import { type Area, type Drawing, type Layout, px, spread } from "./layout.ts";

export interface Line {
  readonly name: string;
  readonly values: Values;
  readonly role: Role;
  readonly width?: number;
  /** Filled down to zero. */
  readonly filled?: boolean;
  readonly dashed?: boolean;
}

/** A fixed value to compare with: a budget's limit, one core. */
export interface Limit {
  readonly name: string;
  readonly value: number;
}

export interface Panel {
  /** What is shown and in which unit. */
  readonly title: string;
  readonly unit: "per second" | "us" | "count" | "cores";
  readonly scale: "linear" | "log";
  readonly lines: readonly Line[];
  readonly limits: readonly Limit[];
  /** Seconds at which something failed, marked with a cross at the top. */
  readonly failedAt?: readonly number[];
  readonly failedName?: string;
}

export interface Band {
  readonly name: string;
  readonly fromSec: number;
  readonly toSec: number;
  readonly broke: boolean;
}

export interface TimeChart {
  readonly seconds: number;
  readonly bands: readonly Band[];
  readonly panels: readonly Panel[];
}

const panelHeight = 116;
const titleHeight = 34;
const keyLineHeight = 14;
const bandLabelHeight = 20;
const axisHeight = 42;

/** All panels of a chart. */
export function drawPanels(chart: TimeChart, layout: Layout): Drawing {
  const x = timeX(0, chart.seconds, layout);
  let top = bandLabelHeight;
  const areas = chart.panels.map((panel): Area => {
    top += titleHeight + keyLineHeight * keyLines(panel, layout).length;
    const area = { left: layout.left, right: layout.right, top, bottom: top + panelHeight };
    top = area.bottom;
    return area;
  });
  const last = areas.at(-1) ?? { left: layout.left, right: layout.right, top, bottom: top };
  const panels = chart.panels.map((panel, at) => drawPanel(panel, x, areas[at] ?? last, layout));
  const marks = html`${bands(chart.bands, x, last.bottom)}${panels}${timeAxis(x, last, layout)}
    <path data-crosshair fill="none" stroke="none" d="M0,${bandLabelHeight}V${last.bottom}" />`;
  return { height: last.bottom + axisHeight, marks };
}

/** What the script needs to turn a pointer's place into a second. */
export function timeAttributes(chart: TimeChart): (layout: Layout) => Html {
  return ({ left, right }) => html`data-left="${left}" data-right="${right}" data-seconds="${Math.max(1, chart.seconds)}"`;
}

/** A label narrower than its band by this many pixels per letter is written; else the band goes without. */
const letterWidth = 6.6;

function bands(all: readonly Band[], x: LinearY, bottom: number): Html {
  const drawn = all.map((band) => {
    const left = px(x(band.fromSec));
    const width = px(Math.max(1, x(band.toSec) - left));
    const role = band.broke ? "alarm" : "panel";
    const fits = band.name.length * letterWidth < width;
    const label = text({ x: left + width / 2, y: 13, anchor: "middle", size: 11.5, bold: true, role: band.broke ? "failed" : "muted" }, band.name);
    return html`<rect ${fill(role)} x="${left}" y="${bandLabelHeight}" width="${width}" height="${bottom - bandLabelHeight}"><title>${band.name}</title></rect>${fits ? label : null}`;
  });
  return html`<g>${drawn}</g>`;
}

function drawPanel(panel: Panel, x: LinearY, area: Area, layout: Layout): Html {
  const values = [...panel.lines.flatMap(({ values }) => known(values)), ...panel.limits.map(({ value }) => value)];
  const log = panel.scale === "log";
  const scale = log ? logY(values, area) : linearY(values, area);
  const ticks = log ? logTicks(scale as LogY) : linearTicks(scale as LinearY, 3);
  const y = (value: number): number => scale(log ? Math.max(value, scale.domain()[0] ?? 1) : value);
  const empty = values.length === 0;
  return html`<g>
    ${text({ x: layout.titleLeft, y: area.top - 10 - keyLineHeight * keyLines(panel, layout).length, bold: true, role: "ink", size: layout.namesBeside ? 12.5 : 12 }, panel.title)}
    ${empty ? text({ x: (area.left + area.right) / 2, y: (area.top + area.bottom) / 2, anchor: "middle" }, "nothing was recorded") : yAxis(area, ticks, y)}
    ${panel.lines.map((line) => drawLine(line, x, y, area))}
    ${panel.limits.map((limit) => html`<path ${stroke("ink")} stroke-dasharray="5 4" d="M${area.left},${px(y(limit.value))}H${area.right}"><title>${limit.name}</title></path>`)}
    ${(panel.failedAt ?? []).map((second) => cross(x(second + 0.5), area.top + 5))}
    ${layout.namesBeside ? namesBeside(panel, y, area) : namesAbove(keyLines(panel, layout), area, layout)}
  </g>`;
}

/** One point a second, at its middle, as narrow as the paper. */
function drawLine(line: Line, x: LinearY, y: (value: number) => number, area: Area): Html {
  const columns = Math.max(1, Math.floor(area.right - area.left));
  const points = thinned(
    line.values.map((value, second) => ({ x: second + 0.5, y: value })),
    columns,
  );
  const defined = (point: Point): boolean => point.y !== null;
  const atX = (point: Point): number => x(point.x);
  const atY = (point: Point): number => y(point.y ?? 0);
  const path = linePath<Point>().defined(defined).x(atX).y(atY).digits(1)([...points]) ?? "";
  const body = areaPath<Point>().defined(defined).x(atX).y1(atY).y0(area.bottom).digits(1)([...points]) ?? "";
  return html`${line.filled === true ? html`<path ${fill("okArea")} fill-opacity="0.75" d="${body}" />` : null}
    <path
      ${stroke(line.role, line.width ?? 1.4)}
      stroke-linejoin="round"
      stroke-linecap="round"
      ${line.dashed === true ? html`stroke-dasharray="4 3"` : null}
      d="${path}"
    />`;
}

function cross(x: number, y: number): Html {
  return html`<path ${stroke("failed", 1.6)} d="M${px(x - 3)},${px(y - 3)}l6,6m0,-6l-6,6" />`;
}

/** Share of a line's end that decides the height of its name: one last value may be an outlier. */
const lastShare = 0.15;

function namesBeside(panel: Panel, y: (value: number) => number, area: Area): Html {
  const drawn = [
    ...panel.lines.map(({ name, role, values }) => ({ name, role, at: lastMean(values) })),
    ...panel.limits.map(({ name, value }) => ({ name, role: "ink" as Role, at: value })),
  ].filter((label): label is { name: string; role: Role; at: number } => label.at !== null);
  const places = spread(
    drawn.map(({ at }) => y(at) + 4),
    15,
    area.top + 6,
    area.bottom + 4,
  );
  const labels = drawn.map(({ name, role }, at) => text({ x: area.right + 10, y: places[at] ?? 0, role: nameRole(role) }, name));
  return html`${labels}${panel.failedAt !== undefined && panel.failedAt.length > 0
    ? text({ x: area.right + 10, y: area.top - 8, role: "failed" }, `× ${panel.failedName ?? "failed"}`)
    : null}`;
}

/** A line may be pale, its name may not. */
const nameRole = (role: Role): Role => (role === "rule" ? "muted" : role);

function lastMean(values: Values): number | null {
  const numbers = known(values);
  return meanOf(numbers.slice(-Math.max(1, Math.round(numbers.length * lastShare))));
}

interface KeyEntry {
  readonly name: string;
  readonly role: Role;
}

/** The names of a panel's lines, broken into lines of text as wide as the drawing; none where they stand beside it. */
function keyLines(panel: Panel, layout: Layout): KeyEntry[][] {
  if (layout.namesBeside) return [];
  const entries = [
    ...panel.lines.filter(({ values }) => known(values).length > 0).map(({ name, role }) => ({ name, role })),
    ...panel.limits.map(({ name }) => ({ name: `- - ${name}`, role: "ink" as Role })),
  ];
  const lines: KeyEntry[][] = [];
  let room = 0;
  for (const entry of entries) {
    const width = (entry.name.length + 2) * letterWidth;
    if (width > room) {
      lines.push([]);
      room = layout.right - layout.titleLeft;
    }
    lines.at(-1)?.push(entry);
    room -= width;
  }
  return lines;
}

/** On a narrow drawing the names stand under the title, each in the colour of its line. */
function namesAbove(lines: readonly (readonly KeyEntry[])[], area: Area, layout: Layout): Html {
  const drawn = lines.map((line, at) => {
    const y = area.top - 9 - keyLineHeight * (lines.length - 1 - at);
    const spans = line.map(({ name, role }, place) => html`<tspan ${fill(nameRole(role))}${place > 0 ? html` dx="10"` : null}>${name}</tspan>`);
    return html`<text x="${layout.titleLeft}" y="${y}" font-family="system-ui, sans-serif" font-size="11" ${fill("muted")}>${spans}</text>`;
  });
  return html`${drawn}`;
}
