import type { Phase, Progress } from "../model/progress.ts";
import { formatCount, formatUs } from "../model/units.ts";
import { painter, type Paint } from "./paint.ts";
import { stepName } from "./step-names.ts";
import { cleanLine, fitted, flowed, widthOf } from "./text-width.ts";

const phaseWords: Record<Phase, string> = {
  preflight: "looking at the target",
  prepare: "preparing rows",
  load: "load",
  drain: "waiting for the last replies",
  "read-back": "reading writes back",
  analyze: "analysing",
  cleanup: "cleaning up",
  report: "writing the report",
};

/** Wider than this the bar says no more. */
const barWidthMost = 60;
/** Below this many cells nothing can be drawn. */
const widthLeast = 20;

/** The block that is drawn again each second while a person watches; no line is wider than `width` cells. */
export function renderLive(progress: Progress, width: number, colours: boolean): string {
  const room = Math.max(widthLeast, width - 1);
  const paint = painter(colours);
  const where = fitted(whereText(progress), room);
  const lines = [paint("strong", where)];
  if (progress.totalUs > 0) lines.push(barLine(progress, room, paint));
  if (isUnderLoad(progress)) lines.push(...figureLines(progress, room, paint));
  return lines.join("\n");
}

/** One line for logs: the same figures, no colours, no bar. */
export function renderQuietLine(progress: Progress): string {
  const time = progress.elapsedUs === 0 ? "" : `[${formatUs(wholeSeconds(progress.elapsedUs))}] `;
  const head = time + whereText(progress);
  return isUnderLoad(progress)
    ? `${head}: ${figures(progress)
        .map(({ text }) => text)
        .join(", ")}`
    : head;
}

const isUnderLoad = ({ phase }: Progress): boolean => phase === "load" || phase === "drain";

function wholeSeconds(us: number): number {
  return Math.round(us / 1e6) * 1e6;
}

/** `load, step 3 of 5: 3x`. */
function whereText({ phase, step, note }: Progress): string {
  const phaseText = phaseWords[phase];
  const noted = note === null ? phaseText : `${phaseText}: ${cleanLine(note)}`;
  if (step === null || (phase !== "load" && phase !== "drain")) return noted;
  return `${noted}, step ${step.number} of ${step.of}: ${stepName(step)}`;
}

/** A bar in eighths of a cell, the share done and the time left. */
function barLine({ elapsedUs, totalUs }: Progress, width: number, paint: Paint): string {
  const share = Math.min(1, Math.max(0, elapsedUs / totalUs));
  const left = totalUs > elapsedUs ? `${formatUs(wholeSeconds(totalUs - elapsedUs))} left` : "done";
  const words = ` ${Math.round(share * 100)} %, ${left}`;
  const cells = Math.min(barWidthMost, width - widthOf(words));
  if (cells < 4) return fitted(words.trim(), width);
  const eighths = Math.round(share * cells * 8);
  const full = "█".repeat(Math.floor(eighths / 8));
  const part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8] ?? "";
  const rest = "░".repeat(cells - widthOf(full + part));
  return paint("accent", full + part) + paint("quiet", rest) + words;
}

interface Figure {
  readonly text: string;
  readonly bad: boolean;
}

/** The last second's figures, each with its unit. */
function figures(progress: Progress): Figure[] {
  const { duePerSec, sentPerSec, okPerSec, retriesPerSec, errorsPerSec, errorsTotal, p50Us, p99Us, lagP99Us, inFlight } =
    progress;
  const us = (value: number | null): string => (value === null ? "-" : formatUs(value));
  const perSec = (value: number): string => `${formatCount(Math.round(value))}/s`;
  return [
    { text: `due ${perSec(duePerSec)}`, bad: false },
    { text: `sent ${perSec(sentPerSec)}`, bad: false },
    ...(retriesPerSec > 0 ? [{ text: `retries ${perSec(retriesPerSec)}`, bad: true }] : []),
    { text: `ok ${perSec(okPerSec)}`, bad: false },
    { text: `errors ${perSec(errorsPerSec)} (${formatCount(errorsTotal)} in all)`, bad: errorsPerSec > 0 },
    { text: `p50 ${us(p50Us)}`, bad: false },
    { text: `p99 ${us(p99Us)}`, bad: false },
    { text: `lag p99 ${us(lagP99Us)}`, bad: false },
    { text: `in flight ${formatCount(inFlight)}`, bad: false },
  ];
}

function figureLines(progress: Progress, width: number, paint: Paint): string[] {
  const painted = (all: readonly Figure[]): string[] =>
    all.map(({ text, bad }) => (bad ? paint("bad", fitted(text, width)) : fitted(text, width)));
  const all = figures(progress);
  const times = all.findIndex(({ text }) => text.startsWith("p50"));
  return [...flowed(painted(all.slice(0, times)), width), ...flowed(painted(all.slice(times)), width)];
}
