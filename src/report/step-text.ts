/** The steps and their journeys in a terminal. */
import type { StepSummary } from "../model/summary.ts";
import { formatCount, formatShare, formatUs } from "../model/units.ts";
import { attemptsPerRequest, retriesOf } from "./attempts.ts";
import type { Page } from "./paint.ts";
import { stepNames } from "./step-names.ts";
import { errorShare } from "./step-view.ts";
import { type TextColumn, textTable } from "./text-table.ts";
import { cleanLine, flowed, fitted, wrapped } from "./text-width.ts";

const us = (value: number | null | undefined): string => (value == null ? "-" : formatUs(value));

interface StepColumn extends TextColumn {
  readonly cell: (step: StepSummary) => string;
}

/** In order of what they say: the last are left out where they do not fit. */
const columns: readonly StepColumn[] = [
  { head: "offered", align: "right", cell: ({ ratePerSec }) => `${formatCount(ratePerSec)}/s` },
  { head: "ok", align: "right", cell: ({ due, ok }) => (due === 0 ? "-" : formatShare(ok / due)) },
  { head: "errors", align: "right", cell: errorShare },
  { head: "p50", align: "right", cell: ({ responseUs }) => us(responseUs?.p50) },
  { head: "p99", align: "right", cell: ({ responseUs }) => us(responseUs?.p99) },
  { head: "lag p99", align: "right", cell: ({ lagUs }) => us(lagUs?.p99) },
];
const attemptsColumn: StepColumn = {
  head: "attempts",
  align: "right",
  cell: (step) => attemptsPerRequest(step)?.toFixed(2) ?? "-",
};

/** One row per step. Times are over everything answered: budgets judge everything due instead. */
export function stepTable(steps: readonly StepSummary[], { width, paint }: Page): string[] {
  if (steps.length === 0) return ["No step was begun."];
  const names = stepNames(steps);
  const retried = steps.some((step) => retriesOf(step) > 0);
  const shown: StepColumn[] = [
    { head: "step", align: "left", cell: (step) => names.get(step) ?? "" },
    ...(retried ? columns.toSpliced(3, 0, attemptsColumn) : columns),
  ];
  const rows = steps.map((step) => shown.map(({ cell }) => cell(step)));
  const notes = [
    "times are of what was answered; budgets judge everything due",
    ...(retried ? ["attempts are for each request that was due, retries included"] : []),
  ];
  return [
    ...textTable(shown, rows, width, (line, row) => (row === -1 ? paint("quiet", line) : line)),
    ...notes.flatMap((note) => wrapped(note, width)).map((line) => paint("quiet", line)),
  ];
}

/** What became of each journey, step by step. */
export function journeyLines(steps: readonly StepSummary[], { width }: Page): string[] {
  const names = stepNames(steps);
  const journeys = new Set(steps.flatMap((step) => Object.keys(step.journeys ?? {})));
  return [...journeys].flatMap((journey) => {
    const cells = steps.flatMap((step) => {
      const tally = step.journeys?.[journey];
      if (tally === undefined) return [];
      return `  ${names.get(step)}: ${formatCount(tally.completed)} of ${formatCount(tally.started)}`;
    });
    return [fitted(`Journey ${cleanLine(journey)}, completed of started`, width)].concat(flowed(cells, width, 1));
  });
}
