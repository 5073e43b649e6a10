/** Panels of lines over time, one below the other, on one time axis, with the steps as bands behind them. */
import { area as areaPath, line as linePath } from "d3-shape";
import { html, type Html } from "../html.ts";
import { known } from "../seconds.ts";
import { fill, stroke } from "../theme.ts";
import { type LinearY, linearTicks, linearY, logTicks, logY, timeAxis, timeX, yAxis } from "./axis.ts";
import { type Point, thinned } from "./columns.ts";
import type { Area, Drawing, Layout } from "./layout.ts";
import { keyLineHeight, keyLines, letterWidth, namesAbove, namesBeside } from "./panel-names.ts";
import { d, group, path, rect, text } from "./shapes.ts";
import type { Band, Line, Panel, TimeChart } from "./time-chart.ts";

const panelHeight = 116;
const titleHeight = 34;
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
  const crosshair = html`<path data-crosshair fill="none" stroke="none" d="M0,${bandLabelHeight}V${last.bottom}" />`;
  const marks = html`${bands(chart.bands, x, last.bottom)}${panels}${timeAxis(x, last, layout)}${crosshair}`;
  return { height: last.bottom + axisHeight, marks };
}

/** What the script needs to turn a pointer's place into a second. */
export function timeAttributes(chart: TimeChart): (layout: Layout) => Html {
  return ({ left, right }) => html`data-left="${left}" data-right="${right}" data-seconds="${Math.max(1, chart.seconds)}"`;
}

/** The steps as tinted columns; a name that is wider than its column is left to the tooltip. */
function bands(all: readonly Band[], x: LinearY, bottom: number): Html {
  return group(
    all.map(({ name, broke, ramp, fromSec, toSec }) => {
      const left = x(fromSec);
      // A hair of paper keeps apart two steps of which one follows the other.
      const width = Math.max(1, x(toSec) - left - 1);
      const place = {
        x: left + width / 2,
        y: 13,
        anchor: "middle",
        size: 11.5,
        bold: !ramp,
        role: broke ? "failed" : "muted",
      } as const;
      const box = { x: left, y: bandLabelHeight, width, height: bottom - bandLabelHeight };
      return [rect(box, fill(ramp ? "paper" : broke ? "alarm" : "panel"), name), fittingName(name, width, place)];
    }),
  );
}

/** The name where the column is wide enough for it; of `ramp to 3x` at least `to 3x`. */
function fittingName(name: string, width: number, place: Parameters<typeof text>[0]): Html | null {
  const shown = [name, name.replace(/^ramp /, "")].find((words) => words.length * letterWidth < width);
  return shown === undefined ? null : text(place, shown);
}

function drawPanel(panel: Panel, x: LinearY, area: Area, layout: Layout): Html {
  const values = [...panel.lines.flatMap((line) => known(line.values)), ...panel.limits.map(({ value }) => value)];
  const { y, axis } = panel.scale === "log" ? logPanel(values, area) : linearPanel(values, area);
  const key = keyLines(panel, layout);
  const titlePlace = {
    x: layout.titleLeft,
    y: area.top - 10 - keyLineHeight * key.length,
    bold: true,
    role: "ink",
    size: 12.5,
  } as const;
  const emptyPlace = { x: (area.left + area.right) / 2, y: (area.top + area.bottom) / 2, anchor: "middle" } as const;
  return group([
    text(titlePlace, panel.title),
    values.length === 0 ? text(emptyPlace, "nothing was recorded") : axis,
    panel.lines.map((line) => drawLine(line, x, y, area)),
    panel.limits.map(({ name, value }) =>
      path(d`M${area.left},${y(value)}H${area.right}`, stroke("ink"), { dash: "5 4", title: name }),
    ),
    panel.failedAt.map((second) => cross(x(second + 0.5), area.top + 5)),
    layout.namesBeside ? namesBeside(panel, y, area) : namesAbove(key, area, layout),
  ]);
}

interface PanelScale {
  readonly y: (value: number) => number;
  readonly axis: Html;
}

function logPanel(values: readonly number[], area: Area): PanelScale {
  const scale = logY(values, area);
  const least = scale.domain()[0] ?? 1;
  return { y: (value) => scale(Math.max(value, least)), axis: yAxis(area, logTicks(scale), scale) };
}

function linearPanel(values: readonly number[], area: Area): PanelScale {
  const scale = linearY(values, area);
  return { y: scale, axis: yAxis(area, linearTicks(scale, 3), scale) };
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
  const outline = linePath<Point>().defined(defined).x(atX).y(atY).digits(1)([...points]) ?? "";
  const body = areaPath<Point>().defined(defined).x(atX).y1(atY).y0(area.bottom).digits(1)([...points]) ?? "";
  const dash = line.dashed === true ? { dash: "4 3" } : {};
  return group([
    line.filled === true ? path(body, fill("okArea"), { opacity: 0.75 }) : null,
    path(outline, stroke(line.role, line.width ?? 1.4), dash),
  ]);
}

function cross(x: number, y: number): Html {
  return path(d`M${x - 3},${y - 3}l6,6m0,-6l-6,6`, stroke("failed", 1.6), { title: "failed" });
}
