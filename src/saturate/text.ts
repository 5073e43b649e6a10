/** What `saturate` says in a terminal: a line for each step as it ends, then the table and what it means. */
import type { SaturationFile, SaturationStep } from "../model/saturation.ts";
import { formatCount, formatShare, formatUs } from "../model/units.ts";
import { painter, type Page } from "../report/paint.ts";
import { textTable } from "../report/text-table.ts";
import { cleanLine, padded, wrapped } from "../report/text-width.ts";
import { formatEstimate, formatLatency, perSec, pingUs, rounded } from "./figures.ts";

const widthMost = 110;
const widthLeast = 40;

/** What begins. */
export function startLine(operation: string, connections: number): string {
  return `asking "${operation}" in a closed loop, up to ${connections} connections`;
}

/** Cells of the bar in a line of progress. */
const barCells = 20;

/** One line when a step is done: its figures, and how much of N times the first step's throughput it reaches. */
export function stepLine(steps: readonly SaturationStep[]): string {
  const [first, last] = [steps.at(0), steps.at(-1)];
  if (first === undefined || last === undefined) return "";
  const linear = last.ok / last.windowUs / ((last.connections * first.ok) / first.windowUs);
  const share = Number.isFinite(linear) ? linear : 0;
  const full = Math.round(Math.min(1, share) * barCells);
  return [
    padded(`N=${last.connections}`, 6),
    padded(`${formatCount(Math.round(perSec(last)))}/s`, 10, "left"),
    padded(last.meanUs === null ? "-" : formatUs(last.meanUs), 9, "left"),
    `${"█".repeat(full)}${"░".repeat(barCells - full)}`,
    `${Math.round(share * 100)} % of linear`,
  ].join("  ");
}

/** The whole result for people. */
export function saturationText(file: SaturationFile, width: number, colours: boolean): string {
  const page = { width: Math.min(widthMost, Math.max(widthLeast, width - 1)), paint: painter(colours) };
  const blocks = [
    headBlock(file, page),
    stepBlock(file, page),
    figureBlock(file, page),
    evidenceBlock(file, page),
    pathBlock(file, page),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function headBlock({ saturation, interrupted, notes }: SaturationFile, { width, paint }: Page): string[] {
  const sure = saturation.reading !== "not-enough-evidence";
  const lines = wrapped(saturation.sentence, width, sure ? "● " : "– ").map((line) => paint(sure ? "good" : "warn", line));
  return [
    ...lines,
    ...(interrupted ? [paint("warn", "  Interrupted: this is what was measured by then.")] : []),
    ...notes.flatMap((note) => wrapped(note, width, "  ")).map((line) => paint("quiet", line)),
  ];
}

function stepBlock({ steps, saturation, hasPing }: SaturationFile, { width, paint }: Page): string[] {
  const top = Math.max(0, ...steps.map(perSec));
  const hasP99 = steps.some(({ p99Us }) => p99Us !== null);
  const refuses = steps.some(({ rejected, failed }) => rejected + failed > 0);
  const columns = [
    { head: "N", align: "right" },
    { head: "X (ok)", align: "right" },
    { head: "", align: "left" },
    { head: "R mean", align: "right" },
    ...(hasP99 ? ([{ head: "p99", align: "right" }] as const) : []),
    ...(hasPing ? ([{ head: "ping", align: "right" }] as const) : []),
    ...(refuses
      ? ([
          { head: "refused", align: "right" },
          { head: "failed", align: "right" },
        ] as const)
      : []),
    { head: "in flight", align: "right" },
    { head: "generator", align: "right" },
  ] as const;
  const rows = steps.map((step) => [
    String(step.connections),
    `${formatCount(Math.round(perSec(step)))}/s`,
    bar(top === 0 ? 0 : perSec(step) / top),
    formatLatency(step.meanUs),
    ...(hasP99 ? [formatLatency(step.p99Us)] : []),
    ...(hasPing ? [formatLatency(pingUs(step))] : []),
    ...(refuses ? [formatCount(step.rejected), formatCount(step.failed)] : []),
    rounded(step.inFlight),
    formatShare(Number(step.eventLoopShare.toFixed(2))),
  ]);
  const doubted = new Set(saturation.doubts.map(({ connections }) => connections));
  return textTable(columns, rows, width, (line, row) => {
    if (row === -1) return paint("quiet", line);
    return doubted.has(steps[row]?.connections ?? 0) ? paint("warn", line) : line;
  });
}

/** Ten cells at most, in eighths. */
function bar(share: number): string {
  const eighths = Math.round(share * 80);
  return "█".repeat(Math.floor(eighths / 8)) + (["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8] ?? "");
}

function figureBlock({ saturation, stopped }: SaturationFile, { width }: Page): string[] {
  const { ceilingPerSec, unloadedUs, parallelism, isLowerBound, plateau, reading } = saturation;
  const over = plateau.length === 1 ? `at N=${plateau[0]}` : `over N=${plateau.join(", ")}`;
  return [
    ceilingPerSec === null
      ? ""
      : `X_max  ${isLowerBound ? ">= " : ""}${formatEstimate(ceilingPerSec, (value) => `${rounded(value)}/s`)}  ${over}`,
    unloadedUs === null ? "" : `S1     ${formatEstimate(unloadedUs, formatUs)}  with one connection`,
    parallelism === null || reading === "rate-quota"
      ? ""
      : `c      ${isLowerBound ? ">= " : ""}${formatEstimate(parallelism, rounded)}  X_max x S1: served side by side; 5 to 10 % high`,
    `ended  ${stopped}`,
  ]
    .filter((line) => line !== "")
    .flatMap((line) => wrapped(line.slice(7), width, line.slice(0, 7)));
}

function evidenceBlock({ saturation }: SaturationFile, { width, paint }: Page): string[] {
  const doubts = saturation.doubts.map(({ connections, because }) => `N=${connections}: ${because}.`);
  return [
    ...saturation.evidence.flatMap((text) => wrapped(text, width, "  ")),
    ...doubts.flatMap((text) => wrapped(text, width, "  ")).map((line) => paint("warn", line)),
  ];
}

function pathBlock({ dir, totals }: SaturationFile, { width, paint }: Page): string[] {
  const abandoned = totals.abandoned === 0 ? "" : `, ${formatCount(totals.abandoned)} not answered by its end`;
  const sent = `${formatCount(totals.sent)} requests sent${abandoned}.`;
  const warning = "A closed loop's latencies say nothing about a crowd: see `peakproof run`.";
  return [...wrapped(`${sent} ${warning}`, width), `${cleanLine(dir)}/report.html`].map((line) => paint("quiet", line));
}
