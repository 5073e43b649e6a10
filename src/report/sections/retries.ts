/** What clients that try again make of the load: attempts for each request, and what was tried again. */
import type { LoadFigures } from "../../model/summary.ts";
import { formatCount } from "../../model/units.ts";
import { attemptsPerRequest, retriesOf } from "../attempts.ts";
import { table } from "../charts/figure.ts";
import { html, type Html } from "../html.ts";
import type { StepView } from "../step-view.ts";

/** Most error keys that a cell names: a hostile record must not make an endless page. */
const keysMost = 8;

/** A part of the errors' section; null where nothing was tried again. */
export function retriesPart(steps: readonly StepView[]): Html | null {
  const rows = steps.flatMap(({ label, summary }) => {
    const own = Object.entries(summary.operations).filter(([, figures]) => retriesOf(figures) > 0);
    return retriesOf(summary) === 0
      ? []
      : [row(label, "all", summary), ...own.map(([name, figures]) => row(label, name, figures))];
  });
  if (rows.length === 0) return null;
  return html`<h3 class="sub" id="retries">Tried again</h3>
    <p class="note">
      Attempts that a client followed by another one. They are load on the target beyond what was due, and counted nowhere else: a
      request has one outcome, that of its last attempt.
    </p>
    ${table({
      columns: [
        { head: "step", kind: "heading" },
        { head: "operation", kind: "text" },
        { head: "due", kind: "number" },
        { head: "retries", kind: "number" },
        { head: "attempts per request", kind: "number" },
        { head: "after", kind: "word" },
      ],
      rows,
    })}`;
}

function row(label: string, operation: string, own: LoadFigures): (string | Html)[] {
  const attempts = attemptsPerRequest(own);
  return [
    label,
    operation,
    formatCount(own.due),
    formatCount(retriesOf(own)),
    attempts === null ? "-" : attempts.toFixed(2),
    keysOf(own.retried ?? {}),
  ];
}

function keysOf(retried: Readonly<Record<string, number>>): Html {
  const ranked = Object.entries(retried).toSorted((a, b) => b[1] - a[1]);
  const more = ranked.length - keysMost;
  const shown = ranked
    .slice(0, keysMost)
    .map(([key, count], at) => html`${at > 0 ? ", " : ""}<code>${key}</code> ${formatCount(count)}`);
  return html`${shown}${more > 0 ? `, and ${more} more` : null}`;
}
