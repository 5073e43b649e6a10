/** How long replies took, beyond the two percentiles of the capacity picture. */
import { latencyTag, type RunRecord } from "../../model/record.ts";
import { figure, type Table } from "../charts/figure.ts";
import { drawPercentiles, percentileLines, percentileRow } from "../charts/percentiles.ts";
import { html, type Html } from "../html.ts";
import type { StepView } from "../step-view.ts";
import { clocksTable } from "./clocks.ts";
import { timeSpentFigure } from "./time-spent.ts";

export function latencySection(record: RunRecord, steps: readonly StepView[]): Html {
  const lines = percentileLines(record, steps);
  const body =
    lines.length === 0
      ? html`<p class="note">
          The record holds no histogram with enough samples (latency.hlog is empty or missing), so no distribution can be drawn.
        </p>`
      : figure({
          id: "percentiles",
          title: "Latency by percentile",
          note: "Each further nine has the same room. A line ends where fewer than ten requests lie beyond, or with an arrow where nothing more was served: what was refused, failed or never answered is infinitely late.",
          description: `One line per step: ${lines.map(({ name }) => name).join(", ")}. The table has the numbers by operation and by outcome.`,
          draw: (layout) => drawPercentiles(lines, layout),
          table: percentileTable(record, steps),
        });
  return html`<section id="latency-section">
    <h2>Latency</h2>
    <p class="lead">
      Response counts from the instant at which a request was due, service from when it was sent. Where the two part, requests
      waited for a connection: that is the target's slowness too, and budgets judge it.
    </p>
    ${body}${clocksTable(steps)}${timeSpentFigure(steps)}
  </section>`;
}

const outcomes = ["ok", "rejected"] as const;

/** A row per step, operation, clock and outcome that has samples. */
function percentileTable(record: RunRecord, steps: readonly StepView[]): Table {
  const rows = steps.flatMap(({ label, record: step, summary }) =>
    ["*", ...Object.keys(summary.operations)].flatMap((operation) =>
      (["response", "service"] as const).flatMap((clock) =>
        outcomes.flatMap((outcome) => {
          const distribution = record.latency.get(latencyTag(step.index, operation, clock, outcome));
          if (distribution === undefined || distribution.count === 0) return [];
          return [[label, operation === "*" ? "all" : operation, clock, outcome, ...percentileRow(distribution)]];
        }),
      ),
    ),
  );
  const heads = ["p50", "p90", "p99", "p99.9", "p99.99", "max", "samples"];
  return {
    columns: [
      { head: "step", kind: "heading" },
      { head: "operation", kind: "text" },
      { head: "clock", kind: "text" },
      { head: "outcome", kind: "text" },
      ...heads.map((head) => ({ head, kind: "number" }) as const),
    ],
    rows,
  };
}
