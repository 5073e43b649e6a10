/** The numbers behind a time chart. The script takes its tooltips from this table, so that they say the same. */
import { formatCount, formatUs } from "../../model/units.ts";
import { html } from "../html.ts";
import { known, type Values } from "../seconds.ts";
import type { Table } from "./figure.ts";
import type { Panel, TimeChart } from "./time-chart.ts";

/** Most rows: ten minutes at a row a second; a longer run gets rows of several seconds. Keeps the page under a few hundred kB. */
const timeRowsMost = 600;

export function timeTable(chart: TimeChart): Table {
  const pitch = Math.max(1, Math.ceil(chart.seconds / timeRowsMost));
  const rows = Math.ceil(chart.seconds / pitch);
  const columns = chart.panels.flatMap((panel) => panel.lines.map((line) => ({ panel, line })));
  const starts = Array.from({ length: rows }, (_, row) => row * pitch);
  return {
    ...(pitch > 1 ? { note: `A row covers ${pitch} seconds: the mean of rates and counts, the worst of times.` } : {}),
    columns: [
      { head: "from second", kind: "heading" },
      { head: "step", kind: "text" },
      ...columns.map(({ panel, line }) => ({ head: headOf(panel, line.name), kind: "number" }) as const),
    ],
    rows: starts.map((start) => [
      String(start),
      chart.bands.findLast(({ fromSec, toSec }) => start + pitch > fromSec && start < toSec)?.name ?? "-",
      ...columns.map(({ panel, line }) => cell(panel.unit, line.values.slice(start, start + pitch))),
    ]),
    rowAttribute: (row) => html`data-second="${starts[row] ?? 0}"`,
  };
}

/** Times carry their unit in each cell; the others have it in the head. */
function headOf({ unit }: Panel, name: string): string {
  if (unit === "per second") return `${name}/s`;
  return unit === "cores" ? `${name}, cores` : name;
}

/** One cell: `-` where nothing was measured. */
function cell(unit: Panel["unit"], values: Values): string {
  const numbers = known(values);
  if (numbers.length === 0) return "-";
  if (unit === "us") return formatUs(Math.max(...numbers));
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  return unit === "cores" ? mean.toFixed(2) : formatCount(mean);
}
