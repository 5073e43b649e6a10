/** What became of the journeys. Their names are the scenario's text. */
import type { RunRecord } from "../../model/record.ts";
import { formatCount, formatShare } from "../../model/units.ts";
import { table } from "../charts/figure.ts";
import { html, type Html } from "../html.ts";
import type { StepView } from "../step-view.ts";

/** The section; null for a run without journeys. */
export function journeysSection({ run }: RunRecord, steps: readonly StepView[]): Html | null {
  const counted = steps.some(({ summary }) => Object.keys(summary.journeys ?? {}).length > 0);
  if (run.plan.journeys.length === 0 && !counted) return null;
  return html`<section id="journeys">
    <h2>Journeys</h2>
    <p class="lead">
      A journey is several requests in order by one person. It is broken by a request that did not end well, and cut where the
      step ended before its next request was due: that says nothing about the target, so shares are of the others.
    </p>
    ${counted ? journeyTable(steps) : html`<p>No step of this run was counted to its end.</p>`}
  </section>`;
}

function journeyTable(steps: readonly StepView[]): Html {
  const rows = steps.flatMap(({ label, summary }) =>
    Object.entries(summary.journeys ?? {}).map(([name, { started, completed, broken, cut }]) => {
      const ended = completed + broken;
      const share = ended > 0 ? formatShare(completed / ended) : "-";
      return [name, label, formatCount(started), formatCount(completed), formatCount(broken), formatCount(cut), share];
    }),
  );
  const names = new Set(rows.map(([name]) => name));
  const ordered = [...names].flatMap((name) => rows.filter(([own]) => own === name));
  return table({
    columns: [
      { head: "journey", kind: "heading" },
      { head: "step", kind: "text" },
      ...["started", "completed", "broken", "cut", "completed, of ended"].map((head) => ({ head, kind: "number" }) as const),
    ],
    rows: ordered,
  });
}
