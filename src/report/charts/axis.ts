/** Scales and axes: round ticks, hairline grids, a unit on each axis. */
import { type ScaleLinear, scaleLinear, type ScaleLogarithmic, scaleLog } from "d3-scale";
import { formatCount, formatUs } from "../../model/units.ts";
import type { Html } from "../html.ts";
import { stroke } from "../theme.ts";
import type { Area, Layout } from "./layout.ts";
import { d, path, text, unspoken } from "./shapes.ts";

export type LinearY = ScaleLinear<number, number>;
export type LogY = ScaleLogarithmic<number, number>;

/** From 0 to a round number at or above the largest value; 0 to 1 where there is none. */
export function linearY(values: readonly number[], area: Area, atLeast = 0): LinearY {
  const largest = values.reduce((most, value) => Math.max(most, value), atLeast);
  return scaleLinear()
    .domain([0, largest > 0 ? largest * 1.04 : 1])
    .nice(4)
    .range([area.bottom, area.top]);
}

/** Microseconds on a log axis from the 1-2-5 step below the smallest value to the one above the largest, a decade at least. `inset` leaves pixels free. */
export function logY(valuesUs: readonly number[], area: Area, inset = { top: 0, bottom: 0 }): LogY {
  const known = valuesUs.filter((value) => value > 0 && Number.isFinite(value));
  const smallest = known.reduce((least, value) => Math.min(least, value), Infinity);
  const largest = known.reduce((most, value) => Math.max(most, value), 0);
  const low = Number.isFinite(smallest) ? roundDown(smallest) : 1_000;
  const high = Math.max(largest > 0 ? roundUp(largest) : 10_000, low * 10);
  return scaleLog()
    .domain([low, high])
    .range([area.bottom - inset.bottom, area.top + inset.top]);
}

function roundDown(value: number): number {
  const decade = 10 ** Math.floor(Math.log10(value) + 1e-9);
  const step = [5, 2, 1].find((factor) => value >= factor * decade * (1 - 1e-9)) ?? 1;
  return step * decade;
}

function roundUp(value: number): number {
  const decade = 10 ** Math.floor(Math.log10(value) + 1e-9);
  const step = [1, 2, 5, 10].find((factor) => value <= factor * decade * (1 + 1e-9)) ?? 10;
  return step * decade;
}

interface Tick {
  readonly value: number;
  /** Empty for a grid line without a number. */
  readonly label: string;
}

/** Pixels of a decade from which its 2 and 5 get a grid line, and from which they get their number too. */
const decadeWithLines = 36;
const decadeWithNumbers = 76;

/** Decades with their number; 2 and 5 between them where there is room. */
export function logTicks(scale: LogY): Tick[] {
  const [low = 1, high = 10] = scale.domain();
  const [bottom = 0, top = 0] = scale.range();
  const decadePx = (bottom - top) / Math.log10(high / low);
  const factors = decadePx >= decadeWithLines ? [1, 2, 5] : [1];
  const ticks: Tick[] = [];
  for (let decade = 10 ** Math.floor(Math.log10(low)); decade <= high * 1.001; decade *= 10) {
    for (const factor of factors) {
      const value = factor * decade;
      if (value < low * 0.999 || value > high * 1.001) continue;
      ticks.push({ value, label: factor === 1 || decadePx >= decadeWithNumbers ? formatUs(value) : "" });
    }
  }
  return ticks;
}

export function linearTicks(scale: LinearY, count = 4): Tick[] {
  return scale.ticks(count).map((value) => ({ value, label: formatCount(value) }));
}

/** Grid lines across the area with their numbers on the left. */
export function yAxis(area: Area, ticks: readonly Tick[], scale: (value: number) => number): Html {
  return unspoken(
    ticks.map(({ value, label }) => {
      const y = scale(value);
      const line = path(d`M${area.left},${y}H${area.right}`, stroke(value === 0 ? "rule" : "grid"));
      return label === "" ? line : [line, text({ x: area.left - 8, y: y + 4, anchor: "end", size: 11.5 }, label)];
    }),
  );
}

/** Seconds since the run's start along x. */
export function timeX(firstSec: number, lastSec: number, layout: Layout): LinearY {
  return scaleLinear()
    .domain([firstSec, Math.max(lastSec, firstSec + 1)])
    .range([layout.left, layout.right]);
}

/** Up to which length of run the axis counts plain seconds; beyond it reads minutes:seconds. */
const plainSeconds = 180;

/** Ticks and numbers of a time axis below an area, with its unit at the end. */
export function timeAxis(scale: LinearY, area: Area, layout: Layout): Html {
  const [, last = 0] = scale.domain();
  const plain = last <= plainSeconds;
  const ticks = wholeTicks(scale, Math.max(2, (area.right - area.left) / layout.tickPitch), plain);
  const labels = ticks.map((second) => {
    const x = scale(second);
    const label = plain ? `${second}` : `${Math.floor(second / 60)}:${String(second % 60).padStart(2, "0")}`;
    const place = { x, y: area.bottom + 17, anchor: "middle", size: 11.5 } as const;
    return [path(d`M${x},${area.bottom}v4`, stroke("rule")), text(place, label)];
  });
  const unit = plain ? "seconds since the start" : "minutes:seconds since the start";
  const middle = (area.left + area.right) / 2;
  return unspoken([labels, text({ x: middle, y: area.bottom + 34, anchor: "middle", size: 11.5 }, unit)]);
}

/** Round numbers of seconds; of minutes where the run is long. */
function wholeTicks(scale: LinearY, count: number, plain: boolean): number[] {
  if (plain) return scale.ticks(count).filter(Number.isInteger);
  const [first = 0, last = 1] = scale.domain();
  const pitch = [10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600].find((sec) => (last - first) / sec <= count) ?? 7_200;
  const start = Math.ceil(first / pitch) * pitch;
  return Array.from({ length: Math.max(0, Math.floor((last - start) / pitch) + 1) }, (_, at) => start + at * pitch);
}
