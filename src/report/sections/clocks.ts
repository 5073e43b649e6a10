/** The four clocks of design section 1, side by side for each step. */
import type { ClockStats } from "../../model/distribution.ts";
import { formatUs } from "../../model/units.ts";
import { table } from "../charts/figure.ts";
import { html, type Html } from "../html.ts";
import type { StepView } from "../step-view.ts";

const clocks = [
  ["lag", "lagUs", "from due to when the generator took it up: its own lateness, by which only its validity is judged"],
  ["wait", "waitUs", "from there to when its bytes were sent: for a connection, which is the target's side or the cap's"],
  ["service", "serviceUs", "from there to the last byte of the reply, as most tools count"],
  ["response", "responseUs", "from due to the last byte, all of the above: what a person waits, and what budgets judge"],
] as const;

export function clocksTable(steps: readonly StepView[]): Html | null {
  if (steps.length === 0) return null;
  return html`<h3 class="sub" id="clocks">The four clocks</h3>
    <dl class="pairs">
      ${clocks.map(
        ([name, , meaning]) =>
          html`<dt>${name}</dt>
            <dd>${meaning}</dd>`,
      )}
    </dl>
    ${table({
      columns: [
        { head: "step", kind: "heading" },
        ...clocks.flatMap(([name]) => ["p50", "p99"].map((figure) => ({ head: `${name} ${figure}`, kind: "number" }) as const)),
      ],
      rows: steps.map(({ label, summary }) => [label, ...clocks.flatMap(([, key]) => cells(summary[key]))]),
    })}
    <p class="note">
      Each over the requests that got so far: what was never sent has no wait, what was never answered no service and no response.
      A dash: too few to say.
    </p>`;
}

function cells(stats: ClockStats | null): string[] {
  return [stats?.p50, stats?.p99].map((value) => (value == null ? "-" : formatUs(value)));
}
