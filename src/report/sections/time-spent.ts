/** Where the time went: the parts of connections and of replies, step by step. */
import { type Phase, phases } from "../../model/budget.ts";
import type { ClockStats } from "../../model/distribution.ts";
import { formatCount, formatUs } from "../../model/units.ts";
import { figure, type Table } from "../charts/figure.ts";
import { drawTimeSpent, meanPartsOf } from "../charts/time-spent.ts";
import type { Html } from "../html.ts";
import type { StepView } from "../step-view.ts";

const phaseNames: Record<Phase, string> = { dns: "DNS", tcp: "TCP", tls: "TLS", firstByte: "first byte", body: "body" };

/** The figure; null where the record has no such parts, as earlier versions left it. */
export function timeSpentFigure(steps: readonly StepView[]): Html | null {
  const shown = phases.filter((phase) => steps.some(({ summary }) => (summary.phasesUs[phase]?.count ?? 0) > 0));
  if (shown.length === 0) return null;
  const bars = steps.flatMap((step) => meanPartsOf(step) ?? []);
  return figure({
    id: "time-spent",
    title: "Where the time went",
    note: "Of the mean response time of what was answered in each step: the generator's lag, the way to a connection (with what retries waited), the target's thinking until the first byte, and the body.",
    description: `A bar per step, cut into parts. ${bars.map(({ label, meanUs, parts }) => `${label}: mean ${formatUs(meanUs)}, ${parts.map(({ name, share }) => `${name} ${Math.round(share * 100)} %`).join(", ")}`).join("; ")}.`,
    draw: (layout) => drawTimeSpent(bars, layout),
    table: phaseTable(steps, shown),
    open: true,
  });
}

function phaseTable(steps: readonly StepView[], shown: readonly Phase[]): Table {
  return {
    note: "DNS, TCP and TLS are of the connections opened, the first byte and the body of the replies. Where a percentile has too few samples, ~ is the mean and ≤ the largest.",
    columns: [
      { head: "step", kind: "heading" },
      { head: "opened", kind: "number" },
      ...shown.flatMap((phase) =>
        ["p50", "p99"].map((percentile) => ({ head: `${phaseNames[phase]} ${percentile}`, kind: "number" }) as const),
      ),
    ],
    rows: steps.map(({ label, summary: { phasesUs } }) => [
      label,
      formatCount(phasesUs.tcp?.count ?? 0),
      ...shown.flatMap((phase) => cells(phasesUs[phase])),
    ]),
  };
}

function cells(stats: ClockStats | null): [string, string] {
  if (stats === null) return ["-", "-"];
  return [
    stats.p50 === null ? `~${formatUs(stats.mean)}` : formatUs(stats.p50),
    stats.p99 === null ? `≤ ${formatUs(stats.max)}` : formatUs(stats.p99),
  ];
}
