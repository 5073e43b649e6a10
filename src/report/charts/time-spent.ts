/** A bar per step as long as the paper: the parts of its mean response time. */
import { formatShare, formatUs } from "../../model/units.ts";
import type { Html } from "../html.ts";
import type { StepView } from "../step-view.ts";
import { fill, type Role } from "../theme.ts";
import type { Drawing, Layout } from "./layout.ts";
import { letterWidth } from "./panel-names.ts";
import { group, rect, text } from "./shapes.ts";

interface TimePart {
  readonly name: string;
  readonly role: Role;
  /** Of the mean response time. */
  readonly share: number;
}

export interface TimeBar {
  readonly label: string;
  readonly broke: boolean;
  readonly meanUs: number;
  readonly parts: readonly TimePart[];
}

/**
 * The mean response time of a step in parts that add up to it; null where nothing was answered. Means, since percentiles do not add
 * up. Response and service are over the same replies, so their difference is exact; of it, the lag over everything that was taken up
 * is the generator's.
 */
export function meanPartsOf({ label, broke, summary }: StepView): TimeBar | null {
  const { responseUs, serviceUs, lagUs, phasesUs } = summary;
  if (responseUs === null || serviceUs === null || !(responseUs.mean > 0)) return null;
  const before = Math.max(0, responseUs.mean - serviceUs.mean);
  const lag = Math.min(before, lagUs?.mean ?? 0);
  const service = Math.min(serviceUs.mean, responseUs.mean);
  const body = Math.min(service, phasesUs.body?.mean ?? 0);
  const share = (us: number): number => us / responseUs.mean;
  const parts: TimePart[] = [
    { name: "lag", role: "rejected", share: share(lag) },
    { name: "until sent", role: "target2", share: share(before - lag) },
    { name: "until the first byte", role: "ok", share: share(service - body) },
    { name: "body", role: "step0", share: share(body) },
  ];
  return { label, broke, meanUs: responseUs.mean, parts };
}

const barHeight = 14;
const keyHeight = 26;

export function drawTimeSpent(bars: readonly TimeBar[], layout: Layout): Drawing {
  const rowHeight = layout.namesBeside ? 26 : 40;
  const left = layout.namesBeside ? layout.left + 24 : layout.titleLeft;
  const rows = bars.map((bar, at) => drawBar(bar, left, keyHeight + at * rowHeight, layout));
  return { height: keyHeight + bars.length * rowHeight, marks: group([key(bars[0], left, layout), rows]) };
}

function key(bar: TimeBar | undefined, left: number, layout: Layout): Html {
  let x = left;
  const size = layout.namesBeside ? 11.5 : 10.5;
  return group(
    (bar?.parts ?? []).map(({ name, role }) => {
      const at = x;
      x += 22 + name.length * letterWidth * (layout.namesBeside ? 0.92 : 0.82);
      return [rect({ x: at, y: 3, width: 9, height: 9 }, fill(role)), text({ x: at + 13, y: 11.5, size }, name)];
    }),
  );
}

/** Beside the paper's edge where there is room, else above the bar. */
function drawBar({ label, broke, meanUs, parts }: TimeBar, left: number, top: number, layout: Layout): Html {
  const { namesBeside, right } = layout;
  const y = namesBeside ? top : top + 16;
  let x = left;
  const drawn = parts.map(({ name, role, share }) => {
    const width = share * (right - left);
    const box = { x, y, width, height: barHeight };
    x += width;
    return width > 0 ? rect(box, fill(role), `${label}: ${name}, ${formatShare(share)}`) : null;
  });
  const line = namesBeside ? y + 11.5 : top + 11;
  const namePlace = namesBeside ? ({ x: left - 10, anchor: "end" } as const) : ({ x: left, anchor: "start" } as const);
  const meanPlace = namesBeside ? ({ x: right + 10, anchor: "start" } as const) : ({ x: right, anchor: "end" } as const);
  return group([
    drawn,
    text({ ...namePlace, y: line, bold: true, role: broke ? "failed" : "ink" }, label),
    text({ ...meanPlace, y: line }, `mean ${formatUs(meanUs)}`),
  ]);
}
