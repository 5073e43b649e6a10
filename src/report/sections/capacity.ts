/** What was offered at each step and what came of it. */
import type { RunRecord } from "../../model/record.ts";
import type { Summary } from "../../model/summary.ts";
import { countOf, formatCount } from "../../model/units.ts";
import { drawCapacity } from "../charts/capacity.ts";
import { figure, type Table } from "../charts/figure.ts";
import { html, type Html } from "../html.ts";
import { formatWithin, withinUs } from "../due-percentile.ts";
import { stepNames } from "../step-names.ts";
import { errorShare, type StepView } from "../step-view.ts";

export function capacitySection(record: RunRecord, summary: Summary, steps: readonly StepView[]): Html {
  const chart = { record, steps, budgets: record.run.plan.budgets };
  const body =
    steps.length === 0
      ? html`<p class="note">No step of this run was begun, so there is nothing to show.</p>`
      : figure({
          id: "capacity",
          title: "Offered and served, step by step",
          note: noteOf(record, steps),
          description: description(record, steps),
          draw: (layout) => drawCapacity(chart, layout),
          table: stepTable(record, steps),
          open: true,
        });
  return html`<section id="capacity-section">
    <h2>Capacity</h2>
    <p class="lead">${lead(summary)}</p>
    ${body}${unreached(record)}
  </section>`;
}

function noteOf({ run }: RunRecord, steps: readonly StepView[]): string {
  const repeated = steps.some(({ summary }) => summary.role === "repeat");
  const sentences = [
    "The outline of a bar is what was due, its filling what came of it within the hold.",
    repeated
      ? "Each step is one multiple of the peak, held; the last repeats the first to show drift."
      : "Each step is one multiple of the peak, held, in the order in which they came; ramps are in the timeline only.",
    run.plan.journeys.length === 0
      ? null
      : "The rate below a step is of arrivals; what is due counts the later requests of journeys, too.",
  ];
  return sentences.filter((sentence) => sentence !== null).join(" ");
}

function lead({ capacity }: Summary): string {
  const holds =
    capacity.holdsRatePerSec === null
      ? "No rate is known to meet every limit at each of its holds"
      : `Every limit was met up to ${formatCount(capacity.holdsRatePerSec)} requests/s${capacity.lowerBound ? " at least (the generator was the limit)" : ""}`;
  const breaks =
    capacity.breaksRatePerSec === null
      ? "no step broke"
      : `at ${formatCount(capacity.breaksRatePerSec)} requests/s it ${capacity.holdsRatePerSec === null ? "did not hold" : "no longer held"}`;
  return `${holds}; ${breaks}. The most that was served well over a whole step is ${formatCount(Math.round(capacity.bestOkPerSec))} ok replies/s.`;
}

function description(record: RunRecord, steps: readonly StepView[]): string {
  const each = steps.map((step) => {
    const { label, summary, seconds, okPerSec, broke } = step;
    const p99 = formatWithin(withinUs(record, step, "response", 99));
    return `${label}: ${perSec(summary.due, seconds)} due and ${formatCount(Math.round(okPerSec))} ok per second, response p99 ${p99}${broke ? ", did not hold" : ""}`;
  });
  return `Bars of requests per second above, response times below. ${each.join("; ")}.`;
}

const perSec = (count: number, seconds: number): string => formatCount(Math.round(count / seconds));

function stepTable(record: RunRecord, steps: readonly StepView[]): Table {
  const heads = ["due/s", "ok/s", "errors", "p50", "p90", "p99", "p99.9", "wait p99", "lag p99"];
  return {
    columns: [{ head: "step", kind: "heading" }, ...heads.map((head) => ({ head, kind: "number" }) as const)],
    rows: steps.map((step) => [
      step.broke ? html`<span class="t-bad">${step.label}</span>` : step.label,
      perSec(step.summary.due, step.seconds),
      formatCount(Math.round(step.okPerSec)),
      errorShare(step.summary),
      ...[50, 90, 99, 99.9].map((percent) => formatWithin(withinUs(record, step, "response", percent))),
      formatWithin(step.summary.waitUs?.p99 ?? null),
      formatWithin(step.summary.lagUs?.p99 ?? null),
    ]),
    note: "ok/s counts what was served within the hold. Response times are over everything due: what was refused, failed or never answered counts as never. A dash: too few requests to say.",
  };
}

/** Steps of the plan that the run did not come to, or that it left unfinished. */
function unreached({ run }: RunRecord): Html | null {
  const missing = run.steps.filter(({ startUs }) => startUs === null);
  const open = run.steps.filter(({ startUs, tally }) => startUs !== null && tally === null);
  const known = stepNames(run.steps);
  const names = (steps: typeof missing): string => steps.map((step) => known.get(step)).join(", ");
  if (missing.length + open.length === 0) return null;
  return html`${missing.length > 0 ? html`<p class="note">${countOf(missing.length, "step")} of the plan not reached: ${names(missing)}.</p>` : null}
  ${open.length > 0 ? html`<p class="note">Cut short: ${names(open)}. Its counts are those of the seconds that were written; it has no count per operation.</p>` : null}`;
}
