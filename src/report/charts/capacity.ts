/** The capacity picture: for each step what was offered and what came of it, and below it how long the replies took. */
import { scaleBand } from "d3-scale";
import { formatCount } from "../../model/units.ts";
import { html, type Html } from "../html.ts";
import type { StepView } from "../step-view.ts";
import { fill } from "../theme.ts";
import { type CapacityChart, type Columns, middleOf, unitColumn, valueColumn } from "./capacity-chart.ts";
import { latencyPanel } from "./capacity-latency.ts";
import { ratePanel } from "./capacity-rates.ts";
import type { Area, Drawing, Layout } from "./layout.ts";
import { group, rect, text } from "./shapes.ts";

const rateHeight = 190;
const latencyHeight = 190;
/** Above the first panel: the word over the steps that broke, the title and the key of the colours. */
const topHeight = ({ namesBeside }: Layout): number => (namesBeside ? 46 : 64);
const betweenHeight = 52;
const namesHeight = 44;
/** A column narrower than this has no room for `3x (2nd)`, pixels. */
const numberedColumn = 76;

/** Both panels over one axis of steps. */
export function drawCapacity(chart: CapacityChart, layout: Layout): Drawing {
  const { steps } = chart;
  const { left, right } = layout;
  const rate: Area = { left, right, top: topHeight(layout), bottom: topHeight(layout) + rateHeight };
  const latencyTop = rate.bottom + betweenHeight;
  const latency: Area = { left, right, top: latencyTop, bottom: latencyTop + latencyHeight };
  const columns = scaleBand<number>()
    .domain(steps.map((_, at) => at))
    .range([left, right]);
  const panels = [ratePanel(steps, columns, rate, layout), latencyPanel(chart, columns, latency, layout)];
  const marks = html`${alarms(steps, columns, latency.bottom)}${panels}${stepNames(steps, columns, latency.bottom)}`;
  return { height: latency.bottom + namesHeight, marks };
}

const alarmTop = 20;

/** The steps that did not hold, tinted; the first of them says so. */
function alarms(steps: readonly StepView[], columns: Columns, bottom: number): Html {
  const width = columns.bandwidth();
  return group(
    steps.map(({ broke, first }, at) => {
      if (!broke) return null;
      const place = { x: middleOf(columns, at), y: 13, anchor: "middle", bold: true, role: "failed" } as const;
      const box = { x: columns(at) ?? 0, y: alarmTop, width, height: bottom - alarmTop };
      return [rect(box, fill("alarm")), first ? text(place, width < 90 ? "breaks" : "breaks here") : null];
    }),
  );
}

function stepNames(steps: readonly StepView[], columns: Columns, bottom: number): Html {
  const room = columns.bandwidth();
  return group(
    steps.map(({ label, summary }, at) => {
      const place = { x: middleOf(columns, at), anchor: "middle" } as const;
      const rate = formatCount(summary.ratePerSec);
      return [
        text({ ...place, y: bottom + 19, bold: true, role: "ink", size: room < unitColumn ? 11 : 13 }, shortLabel(label, room)),
        room < valueColumn ? null : text({ ...place, y: bottom + 35, size: 11 }, room < unitColumn ? rate : `${rate}/s`),
      ];
    }),
  );
}

/** `1x again` as `again` where there is no room for it, `3x (2nd)` as `3x`; where even that is too wide `1x again` is `1x`: it stands last. */
function shortLabel(label: string, room: number): string {
  if (room >= (label.endsWith(")") ? numberedColumn : unitColumn)) return label;
  const [first = label, second = ""] = label.split(" ");
  return room < valueColumn || second.startsWith("(") ? first : second;
}
