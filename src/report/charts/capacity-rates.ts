/** Upper half of the capacity picture: a bar per step, as high as what was due, filled with what came of it. */
import { formatCount } from "../../model/units.ts";
import type { Html } from "../html.ts";
import type { StepView } from "../step-view.ts";
import { fill, type Role, stroke } from "../theme.ts";
import { type LinearY, linearTicks, linearY, yAxis } from "./axis.ts";
import { type Columns, middleOf, valueColumn } from "./capacity-chart.ts";
import type { Area, Layout } from "./layout.ts";
import { letterWidth } from "./panel-names.ts";
import { group, rect, text } from "./shapes.ts";

const barShare = 0.56;
const barWidthMost = 84;

export function ratePanel(steps: readonly StepView[], columns: Columns, area: Area, layout: Layout): Html {
  const y = linearY(
    steps.map(({ summary, seconds }) => summary.due / seconds),
    area,
  );
  const titlePlace = {
    x: layout.titleLeft,
    y: area.top - (layout.namesBeside ? 14 : 32),
    bold: true,
    role: "ink",
    size: 12.5,
  } as const;
  return group([
    text(titlePlace, "Requests per second"),
    key(steps, area, layout),
    yAxis(area, linearTicks(y), y),
    steps.map((step, at) => bar(step, middleOf(columns, at), y, columns.bandwidth())),
  ]);
}

/** Which colour is what, for the colours that occur. */
function key(steps: readonly StepView[], area: Area, layout: Layout): Html {
  const shown = partsOf(steps[0]).filter(({ name }) => name === "ok" || steps.some((step) => perSecOf(step, name) > 0));
  let x = layout.namesBeside ? area.left + 170 : layout.titleLeft;
  return group(
    shown.map(({ name, role }) => {
      const at = x;
      x += 28 + name.length * letterWidth;
      const box = { x: at, y: area.top - 23, width: 10, height: 10 };
      return [rect(box, fill(role)), text({ x: at + 15, y: area.top - 14, size: 11.5 }, name)];
    }),
  );
}

interface BarPart {
  readonly name: string;
  readonly role: Role;
  readonly perSec: number;
}

/** From the axis upwards. */
function partsOf(step: StepView | undefined): BarPart[] {
  const { okPerSec = 0, latePerSec = 0, rejectedPerSec = 0, failedPerSec = 0 } = step ?? {};
  return [
    { name: "ok", role: "ok", perSec: okPerSec },
    { name: "ok, after the end", role: "okArea", perSec: latePerSec },
    { name: "rejected", role: "rejected", perSec: rejectedPerSec },
    { name: "failed", role: "failed", perSec: failedPerSec },
  ];
}

function perSecOf(step: StepView, name: string): number {
  return partsOf(step).find((part) => part.name === name)?.perSec ?? 0;
}

/** The outline is what was due, so a gap is what was still under way when the record ends. */
function bar(step: StepView, middle: number, y: LinearY, room: number): Html {
  const width = Math.min(room * barShare, barWidthMost);
  const x = middle - width / 2;
  const duePerSec = step.summary.due / step.seconds;
  let base = 0;
  const filled = partsOf(step).map(({ name, role, perSec }) => {
    const box = { x, y: y(base + perSec), width, height: y(base) - y(base + perSec) };
    base += perSec;
    return perSec > 0 ? rect(box, fill(role), `${step.label}: ${name}, ${formatCount(perSec)} per second`) : null;
  });
  const top = y(Math.max(duePerSec, base));
  return group([
    filled,
    rect({ x, y: top, width, height: y(0) - top }, stroke("ink")),
    barLabel(perSecOf(step, "ok"), duePerSec, { x: middle, y: top - 6 }, room),
  ]);
}

/** Below this share of what was due the number says of how many. */
const shortShare = 0.98;

function barLabel(okPerSec: number, duePerSec: number, place: { readonly x: number; readonly y: number }, room: number): Html {
  const ok = formatCount(Math.round(okPerSec));
  const short = okPerSec < duePerSec * shortShare;
  const long = `${ok} of ${formatCount(Math.round(duePerSec))} ok`;
  const label = short && long.length * letterWidth < room ? long : ok;
  const size = room < valueColumn ? 9 : 12;
  return text({ ...place, anchor: "middle", role: short ? "failed" : "ink", size, bold: short }, label);
}
