/** The picture of a sweep: throughput and, below it, latency over the number of connections, with what one would expect of them. */
import { scaleLog } from "d3-scale";
import type { Saturation, SaturationFile, SaturationStep } from "../model/saturation.ts";
import { formatCount, formatUs } from "../model/units.ts";
import { linearTicks, linearY, logTicks, logY, type LogY, yAxis } from "../report/charts/axis.ts";
import { type Area, type Drawing, type Layout, spread } from "../report/charts/layout.ts";
import { d, dot, group, path, text, unspoken } from "../report/charts/shapes.ts";
import type { Html } from "../report/html.ts";
import { fill, type Role, stroke } from "../report/theme.ts";
import { perSec, pingUs } from "./figures.ts";

const panelHeight = 200;
/** Above a panel: its title and, where names do not fit beside the lines, their key. */
const headHeight = ({ namesBeside }: Layout): number => (namesBeside ? 34 : 50);
const axisGap = 24;
const axisHeight = 44;

/** Both panels over one axis of connections. */
export function drawSaturation(file: SaturationFile, layout: Layout): Drawing {
  const { left, right } = layout;
  const rate: Area = { left, right, top: headHeight(layout), bottom: headHeight(layout) + panelHeight };
  const latencyTop = rate.bottom + axisGap + headHeight(layout);
  const latency: Area = { left, right, top: latencyTop, bottom: latencyTop + panelHeight };
  const most = Math.max(2, ...file.steps.map(({ connections }) => connections));
  const x = scaleLog()
    .base(2)
    .domain([1, most])
    .range([left + 24, right - 24]);
  const panels = [ratePanel(file, x, rate, layout), latencyPanel(file, x, latency, layout)];
  const marks = group([knee(file.saturation, x, [rate, latency], most), ...panels, connectionAxis(file, x, latency)]);
  return { height: latency.bottom + axisHeight, marks };
}

function ratePanel({ steps, saturation }: SaturationFile, x: LogY, area: Area, layout: Layout): Html {
  const { ceilingPerSec } = saturation;
  const y = linearY([...steps.map(perSec), ceilingPerSec?.high ?? 0], area);
  const bound = (ceiling: number, unloaded: number, connections: number): number =>
    Math.min((connections / unloaded) * 1e6, ceiling);
  const lines: PlottedLine[] = [{ name: "accepted", role: "ok", values: steps.map(perSec) }];
  const band =
    ceilingPerSec === null ? "" : d`M${area.left},${y(ceilingPerSec.high)}H${area.right}V${y(ceilingPerSec.low)}H${area.left}z`;
  return group([
    panelTitle("Throughput X(N), replies per second", area, layout),
    band === "" ? null : path(band, fill("okArea"), { opacity: 0.6, title: "95 % interval of X_max" }),
    yAxis(area, linearTicks(y), y),
    expected({ steps, saturation, bound, name: "min(N / S1, X_max)" }, x, y, { area, layout }),
    plotted(lines, steps, x, y, { area, layout, format: (value) => formatCount(Math.round(value)) }),
  ]);
}

function latencyPanel({ steps, saturation, hasPing }: SaturationFile, x: LogY, area: Area, layout: Layout): Html {
  const pings = hasPing ? steps.map(pingUs) : [];
  const values = [...steps.flatMap(({ meanUs, p99Us }) => [meanUs ?? 0, p99Us ?? 0]), ...pings.map((us) => us ?? 0)];
  const y = logY(values, area, { top: 16, bottom: 8 });
  const bound = (ceiling: number, unloaded: number, connections: number): number =>
    Math.max(unloaded, (connections / ceiling) * 1e6);
  const lines: PlottedLine[] = [
    { name: "p99", role: "step1", values: steps.map(({ p99Us }) => p99Us) },
    { name: "mean", role: "ok", values: steps.map(({ meanUs }) => meanUs) },
    { name: "trivial request", role: "target2", values: pings },
  ];
  return group([
    panelTitle(
      layout.namesBeside
        ? "Latency R(N) of what was accepted, and a trivial request beside it (log scale)"
        : "Latency R(N) (log scale)",
      area,
      layout,
    ),
    yAxis(area, logTicks(y), y),
    path(d`M${area.left},${area.bottom}H${area.right}`, stroke("rule")),
    expected({ steps, saturation, bound, name: "max(S1, N / X_max)" }, x, y, { area, layout }),
    plotted(lines, steps, x, y, { area, layout, format: formatUs }),
  ]);
}

function panelTitle(title: string, area: Area, layout: Layout): Html {
  return text({ x: layout.titleLeft, y: area.top - (layout.namesBeside ? 14 : 30), bold: true, role: "ink", size: 12.5 }, title);
}

interface Bound {
  readonly steps: readonly SaturationStep[];
  readonly saturation: Saturation;
  readonly bound: (ceilingPerSec: number, unloadedUs: number, connections: number) => number;
  /** Its formula. */
  readonly name: string;
}

/** The line that a target with c servers would follow, if nothing else stood in the way; none where there is no queue to speak of. */
function expected(
  { steps, saturation, bound, name }: Bound,
  x: LogY,
  y: (value: number) => number,
  { area, layout }: Pick<Frame, "area" | "layout">,
): Html | null {
  const { parallelism, ceilingPerSec, unloadedUs } = saturation;
  const most = steps.at(-1)?.connections ?? 1;
  if (ceilingPerSec === null || unloadedUs === null || parallelism === null || !hasKnee(saturation) || most === 1) return null;
  const corner = parallelism.value > 1 && parallelism.value < most ? [parallelism.value] : [];
  const points = [...steps.map(({ connections }) => connections), ...corner].toSorted((a, b) => a - b);
  const places = points.map(
    (connections) => d`${x(connections)},${y(bound(ceilingPerSec.value, unloadedUs.value, connections))}`,
  );
  const label = text({ x: area.right + 10, y: area.bottom - 2, size: 11 }, `- - ${name}`);
  return group([path(`M${places.join("L")}`, stroke("ink", 1.2), { dash: "5 4" }), layout.namesBeside ? label : null]);
}

/** A quota refuses and has no queue, so what the knee of one would be says nothing. */
const hasKnee = ({ reading }: Saturation): boolean => reading !== "rate-quota";

interface PlottedLine {
  readonly name: string;
  readonly role: Role;
  /** By step; null: not measured. */
  readonly values: readonly (number | null)[];
}

interface Frame {
  readonly area: Area;
  readonly layout: Layout;
  readonly format: (value: number) => string;
}

function plotted(
  lines: readonly PlottedLine[],
  steps: readonly SaturationStep[],
  x: LogY,
  y: (value: number) => number,
  { area, layout, format }: Frame,
): Html {
  const shown = lines
    .map(({ name, role, values }) => ({
      name,
      role,
      points: values.flatMap((value, at) => {
        const connections = steps[at]?.connections ?? 1;
        return value === null || value <= 0 || !Number.isFinite(value)
          ? []
          : [{ connections, value, x: x(connections), y: y(value) }];
      }),
    }))
    .filter(({ points }) => points.length > 0);
  const places = spread(
    shown.map(({ points }) => (points.at(-1)?.y ?? 0) + 4),
    15,
    area.top + 6,
    area.bottom - 18,
  );
  return group(
    shown.map(({ name, role, points }, at) => {
      const data = `M${points.map((point) => d`${point.x},${point.y}`).join("L")}`;
      const label = layout.namesBeside
        ? text({ x: area.right + 10, y: places[at] ?? 0, role }, name)
        : text({ x: layout.titleLeft + at * 92, y: area.top - 14, role, size: 10.5 }, `■ ${name}`);
      const dots = points.map((point) =>
        dot(point.x, point.y, 3.5, fill(role), `N=${point.connections}: ${name} ${format(point.value)}`),
      );
      return [path(data, stroke(role, 2)), dots, label];
    }),
  );
}

/** Where the two bounds meet: N = c. */
function knee(saturation: Saturation, x: LogY, areas: readonly Area[], most: number): Html | null {
  const { parallelism } = saturation;
  if (parallelism === null || !hasKnee(saturation) || parallelism.value < 1 || parallelism.value > most) return null;
  const at = x(parallelism.value);
  const [first] = areas;
  const lines = areas.map(({ top, bottom }) => path(d`M${at},${top}V${bottom}`, stroke("rule"), { dash: "2 4" }));
  const name = `c = ${Number(parallelism.value.toPrecision(3))}`;
  return group([lines, text({ x: at + 5, y: (first?.bottom ?? 0) - 7, size: 11 }, name)]);
}

function connectionAxis({ steps }: SaturationFile, x: LogY, area: Area): Html {
  const middle = (area.left + area.right) / 2;
  const ticks = steps.map(({ connections }) => {
    const at = x(connections);
    const place = { x: at, y: area.bottom + 17, anchor: "middle", size: 11.5 } as const;
    return [path(d`M${at},${area.bottom}v4`, stroke("rule")), text(place, String(connections))];
  });
  return unspoken([ticks, text({ x: middle, y: area.bottom + 34, anchor: "middle", size: 11.5 }, "connections N")]);
}
