/** The proof of the tag: where each canary was seen before the load, and that it is gone again. */
import type { Handshake, RunFile } from "../../model/run.ts";
import { formatUs } from "../../model/units.ts";
import { table } from "../charts/figure.ts";
import { html, type Html } from "../html.ts";
import { signed } from "../state.ts";

/** Null where the scenario asked for none, or the run ended before it. */
export function handshakeSection(run: RunFile): Html | null {
  const { handshake } = run;
  if (handshake === undefined) return null;
  return html`<section id="handshake">
    <h2>Handshake</h2>
    <p class="lead">
      Before the load, one write of each kind, a canary, is sent under a run id of its own (<code>${handshake.runId}1</code> and
      so on), and looked for wherever its tag must arrive. Nothing else is written where one is not found.
    </p>
    ${refusal(run)} ${handshake.hops.length === 0 ? null : sightings(run, handshake)}
    <p class="result">
      ${
        handshake.removed
          ? html`${signed("good", "Removed:")} a sweep by their tags finds nothing of the canaries.`
          : html`${signed("bad", "Not removed:")} it is not proven that nothing of the canaries is left.`
      }
    </p>
  </section>`;
}

/** Why there was no load; null where there was one. */
function refusal({ ended, steps }: RunFile): Html | null {
  if (ended?.how !== "aborted" || steps.some(({ startUs }) => startUs !== null)) return null;
  return html`<p>${signed("bad", "No load:")} ${ended.reason}.</p>`;
}

function sightings({ plan }: RunFile, { hops }: Handshake): Html {
  return table({
    columns: [
      { head: "canary of", kind: "heading" },
      { head: "seen at", kind: "text" },
      { head: "by", kind: "text" },
      { head: "after", kind: "number" },
    ],
    rows: hops.map(({ operation, hop, afterUs }) => [operation, hop, plan.handshake?.hops[hop]?.kind ?? "-", formatUs(afterUs)]),
  });
}
